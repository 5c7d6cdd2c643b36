// One tool on the official TypeScript SDK, second generation (@modelcontextprotocol/server).

import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const server = new McpServer({ name: "echo", version: "1.0.0" });

server.registerTool(
  "echo",
  { description: "Return the text, two hundred characters long.", inputSchema: z.object({ text: z.string() }) },
  ({ text }) => ({ content: [{ type: "text", text: text.padEnd(200, ".") }] }),
);

await server.connect(new StdioServerTransport());
