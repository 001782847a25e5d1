// Loaded by opencode in every session. Puts what all sessions of a phase share into the part of the request that
// providers cache, and prints, as lines like opencode's own, what it keeps silent about.

import { existsSync, readFileSync } from "node:fs"

const BEAT_MS = 20_000
const DIFFERS_FROM_HERE = "You are powered by the model named" // then come the folder and the date

const file = new URL("../shared.md", import.meta.url)
const shared = existsSync(file) ? readFileSync(file, "utf8") : ""

export const Supervised = async () => {
  let model = ""
  let printed = Date.now()

  const print = (line) => {
    printed = Date.now()
    process.stdout.write(JSON.stringify({ timestamp: printed, ...line }) + "\n")
  }

  return {
    "experimental.chat.system.transform": async (request, { system }) => {
      if (request.model.id !== model) {
        model = request.model.id
        print({ type: "model", sessionID: request.sessionID, provider: request.model.providerID, model })
      }
      if (!shared) return
      const [first, ...others] = system
      const at = Math.max(0, first.indexOf(DIFFERS_FROM_HERE))
      system.splice(0, system.length, first.slice(0, at) + shared, [first.slice(at), ...others].join("\n"))
    },

    event: async ({ event: { type, properties } }) => {
      if (type === "session.status" && properties.status.type === "retry") {
        print({ type: "retry", ...properties })
      } else if (type === "message.part.delta" && Date.now() - printed >= BEAT_MS) {
        print({ type: "beat", sessionID: properties.sessionID })
      }
    },
  }
}
