"""The gateway: one process that holds the connections to MCP servers for everybody.

`client` is what other processes call; it knows nothing of MCP. All other modules run inside
`manage.py gateway` only, and only they import the `mcp` package.
"""
