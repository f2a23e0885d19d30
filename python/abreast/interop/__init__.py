"""Other libraries on abreast: an `Executor` of the standard library, a backend of joblib."""
