"""How fast, against a peer or a floor in the same run: `./quarterdeck bench [name …]`."""
