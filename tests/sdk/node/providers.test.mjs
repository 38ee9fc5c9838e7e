// The scripted providers by the judgement of the official SDKs, with no gateway in between.

import { after, before, describe, test } from "node:test";

import { CALLERS, SERVICE_CALLERS } from "./callers.mjs";
import { CASES, Cell } from "./cases.mjs";
import { Providers, SECRET } from "./providers.mjs";
import { casesOf, ServiceCell } from "./service_cases.mjs";

let providers;
before(async () => (providers = await Providers.start()));
after(() => providers.stop());

const all = [
  ...CALLERS.map((Kind) => ({ Kind, cases: CASES, Of: Cell })),
  ...SERVICE_CALLERS.map((Kind) => ({ Kind, cases: casesOf(Kind), Of: ServiceCell })),
];
for (const { Kind, cases, Of } of all) {
  describe(`${Kind.id} is content with its provider`, () => {
    for (const [name, run] of Object.entries(cases)) {
      test(name, async () => {
        const server = providers.of(Kind.flavor);
        await run(new Of(new Kind(server.root, SECRET), server));
      });
    }
  });
}
