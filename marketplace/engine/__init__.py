"""Plain Python without Django: what a registration says, `.mcp.json`, and digests of tools."""
