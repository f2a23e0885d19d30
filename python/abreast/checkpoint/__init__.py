"""Results of long runs in a file: what a call is (`content`, `call`), and the file (`ledger`)."""
