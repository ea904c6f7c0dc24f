// What standardwebhooks makes of deliveries that come by standard input: for each null, or why it is refused.
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

const refusals = JSON.parse(await text(process.stdin)).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return null;
  } catch (error) {
    return String(error);
  }
});
console.log(JSON.stringify(refusals));
