// One tool on the official TypeScript SDK (@modelcontextprotocol/sdk).

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "echo", version: "1.0.0" });

server.registerTool(
  "echo",
  { description: "Return the text, two hundred characters long.", inputSchema: { text: z.string() } },
  ({ text }) => ({ content: [{ type: "text", text: text.padEnd(200, ".") }] }),
);

await server.connect(new StdioServerTransport());
