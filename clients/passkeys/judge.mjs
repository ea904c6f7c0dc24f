// What @simplewebauthn/server makes of cases that come by standard input: for each null, or why it is refused.
import { text } from "node:stream/consumers";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const { rp_id, origin, cases } = JSON.parse(await text(process.stdin));

async function judge({ challenge, credential, key }) {
  const options = {
    response: { clientExtensionResults: {}, ...credential },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rp_id,
    // The service demands it above its verifier, where a user signs in with a passkey alone.
    requireUserVerification: false,
  };
  if (key === null) {
    const supportedAlgorithmIDs = [-8, -7, -257];
    return verifyRegistrationResponse({ ...options, supportedAlgorithmIDs });
  }
  const publicKey = new Uint8Array(Buffer.from(key, "base64url"));
  return verifyAuthenticationResponse({
    ...options,
    credential: { id: credential.id, publicKey, counter: 0 },
  });
}

const refusals = [];
for (const each of cases) {
  refusals.push(
    await judge(each).then(
      ({ verified }) => (verified ? null : "not verified"),
      (error) => String(error),
    ),
  );
}
console.log(JSON.stringify(refusals));
