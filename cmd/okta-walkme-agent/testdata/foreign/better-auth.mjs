// The SCIM plugin of Better Auth (better-auth.com), over its memory adapter.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { admin } from "better-auth/plugins";
import { scim } from "@better-auth/scim";

const [port, token] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}`;
const tables = { user: [], session: [], account: [], verification: [], scimProvider: [] };
const auth = betterAuth({
	baseURL: base,
	secret: "a secret of this test, of no use elsewhere",
	database: memoryAdapter(tables),
	logger: { level: "error" },
	rateLimit: { enabled: false },
	plugins: [admin(), scim({ defaultSCIM: [{ providerId: "okta", scimToken: token }] })],
});
createServer(toNodeHandler(auth)).listen(Number(port), "127.0.0.1", () => console.log(`${base}/api/auth/scim/v2`));
