"""A lively organization with the cast of the contract, made by the same verbs people use."""
