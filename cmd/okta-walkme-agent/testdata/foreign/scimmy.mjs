// SCIMMY (github.com/scimmyjs) behind its Express routers, with maps for a store.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, token] = process.argv.slice(2);

function store(type, name) {
	const all = new Map();
	SCIMMY.Resources.declare(type)
		.ingress((resource, data) => {
			const id = resource.id ?? randomUUID();
			if (resource.id && !all.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
			for (const [other, value] of all) {
				if (other !== id && String(value[name]).toLowerCase() === String(data[name]).toLowerCase()) {
					throw new SCIMMY.Types.Error(409, "uniqueness", `${name} is taken`);
				}
			}
			const now = new Date().toISOString();
			const value = { ...data, id, meta: { created: all.get(id)?.meta.created ?? now, lastModified: now } };
			all.set(id, value);
			return value;
		})
		.egress((resource) => {
			if (resource.id) {
				if (!all.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
				return all.get(resource.id);
			}
			const list = [...all.values()];
			return resource.filter ? resource.filter.match(list) : list;
		})
		.degress((resource) => {
			if (!all.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
		});
}

store(SCIMMY.Resources.User, "userName");
store(SCIMMY.Resources.Group, "displayName");

const app = express();
app.use("/scim/v2", new SCIMMYRouters({
	type: "bearer",
	handler: (request) => {
		if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("Authorization is wrong");
		return "okta";
	},
}));
app.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/scim/v2`));
