module mcp-gateway/bench/upstream

go 1.22
