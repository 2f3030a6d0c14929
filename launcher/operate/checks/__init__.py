"""The doctor's questions, one function each: an empty list means that all is well."""
