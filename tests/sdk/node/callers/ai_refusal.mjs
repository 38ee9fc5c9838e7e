// What the ai package throws where a service refuses: one class for all; the status tells them apart.

import { APICallError } from "ai";

// A kind of caller that goes through the package.
export const refusedByAi = (Kind) =>
  class extends Kind {
    isRefusal(error) {
      return APICallError.isInstance(error);
    }

    status(error) {
      return error.statusCode;
    }

    retryAfter(error) {
      return error.responseHeaders["retry-after"];
    }
  };
