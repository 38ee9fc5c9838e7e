// The scripted providers by the judgement of the official SDKs, with no gateway in between.

import { after, before, describe, test } from "node:test";

import { CALLERS } from "./callers.mjs";
import { CASES, Cell } from "./cases.mjs";
import { Providers, SECRET } from "./providers.mjs";

let providers;
before(async () => (providers = await Providers.start()));
after(() => providers.stop());

for (const Kind of CALLERS) {
  describe(`${Kind.id} is content with its provider`, () => {
    for (const [name, run] of Object.entries(CASES)) {
      test(name, async () => {
        const server = providers.of(Kind.flavor);
        await run(new Cell(new Kind(server.root, SECRET), server));
      });
    }
  });
}
