// Loaded by opencode in every session. Puts what all sessions of a phase share into the part of the request that
// providers cache, and prints, as lines like opencode's own, what it keeps silent about.

import { readFileSync } from "node:fs"

const DIFFERS_FROM_HERE = "You are powered by the model named" // then come the folder and the date

const shared = readFileSync(new URL("../shared.md", import.meta.url), "utf8") // empty where nothing is shared

export const Supervised = async () => {
  let model = ""
  const print = (line) => process.stdout.write(JSON.stringify({ timestamp: Date.now(), ...line }) + "\n")

  return {
    "experimental.chat.system.transform": async (request, { system }) => {
      if (request.model.id !== model) {
        model = request.model.id
        print({ type: "model", sessionID: request.sessionID, provider: request.model.providerID, model })
      }
      if (!shared) return
      const [first, ...others] = system
      const at = Math.max(0, first.indexOf(DIFFERS_FROM_HERE))
      system.splice(0, system.length, `${first.slice(0, at)}\n${shared}`, [first.slice(at), ...others].join("\n"))
    },

    event: async ({ event: { type, properties } }) => {
      if (type === "session.status" && properties.status.type === "retry") print({ type: "retry", ...properties })
    },
  }
}
