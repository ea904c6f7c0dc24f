//! Where the other verifiers decide otherwise than the service, and why.

use Than::{Laxer, Stricter};

/// How a judge decides otherwise than the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Than {
    Stricter,
    Laxer,
}

/// A judge, how it differs, what the names of the cases contain, and why.
pub(super) const DIFFERENCES: &[(&str, Than, &str, &str)] = &[
    (
        "simplewebauthn",
        Laxer,
        "attestationObject, id",
        "it does not compare the id that the browser names with the authenticator's",
    ),
    ("fido2", Laxer, "attestationObject, id", "the same"),
    ("simplewebauthn", Laxer, "attestationObject, key", "it looks at the point of a new key when the key signs"),
    ("fido2", Laxer, "attestationObject, key", "the same"),
    ("simplewebauthn", Laxer, "attestationObject, statement", "it takes a list for the empty statement of the format none"),
    ("fido2", Laxer, "attestationObject, statement", "the same"),
    ("simplewebauthn", Laxer, "attestationObject, size", "its CBOR takes a string for complete that says to be longer"),
    ("fido2", Laxer, "attestationObject, size", "the same"),
    ("simplewebauthn", Laxer, "attestationObject, cut", "the same"),
    ("fido2", Laxer, "attestationObject, cut", "the same"),
    ("simplewebauthn", Laxer, "attestationObject, longer", "it ignores what follows the object"),
    ("simplewebauthn", Stricter, "attestationObject, format", "it knows the formats, and the service skips the statement of each"),
    (
        "simplewebauthn",
        Laxer,
        "clientDataJSON, no UTF-8",
        "Web Authentication replaces such bytes; the service refuses them in names",
    ),
    (
        "fido2",
        Stricter,
        "clientDataJSON, no UTF-8",
        "Web Authentication replaces such bytes; the service skips members that it does not know",
    ),
    ("fido2", Laxer, "clientDataJSON, challenge", "its base64 ignores the last bits, which are no part of the challenge"),
    ("simplewebauthn", Laxer, "the origin twice", "JSON of JavaScript takes the last member of a name"),
    ("fido2", Laxer, "the origin twice", "JSON of Python does so too"),
    ("simplewebauthn", Laxer, "a mark of byte order", "Web Authentication skips it; no browser writes it"),
    ("simplewebauthn", Laxer, "a frame in a number", "it takes 0 for false"),
    ("fido2", Laxer, "a frame in a number", "it returns the member as it is"),
    (
        "simplewebauthn",
        Stricter,
        "authentication es256: a frame with its page",
        "it demands to be told the page; the service refuses frames above its verifier",
    ),
    ("simplewebauthn", Laxer, "authentication es256: signature, longer", "it ignores what follows an ECDSA signature"),
    ("fido2", Laxer, "is backed up, and may not", "it returns the flags, and leaves the contradiction to the caller"),
    ("fido2", Laxer, "extensions that are a number", "it takes any CBOR for extensions"),
    ("fido2", Laxer, "another type", "it does not look at the type of the credential"),
];
