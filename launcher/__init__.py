"""The launcher makes the environment, starts everything Quarterdeck needs and stops it cleanly.

It knows processes, files and PostgreSQL; it never imports Django. The modules named in
`launcher.__main__` run on any Python 3.11 without packages; the rest run inside the environment.
"""
