"""Kinds of places where tasks run. `CONTRACT.md` beside this file says what each must do."""
