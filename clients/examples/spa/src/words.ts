import type { EndReason, Rule } from "@bifrons/client";

/** Everything that a user reads, in one language. */
type Words = Omit<typeof en, "rules"> & {
  /** Broken rules of fields, with the number that the rule has, if any. Without words, the service's are shown. */
  readonly rules: { readonly [rule in Rule]?: (limit: string) => string };
};

/** What a page says that a mail's link leads to. */
interface Linked {
  readonly title: string;
  readonly text: string;
  readonly button: string;
  /** What the page says when the call has succeeded. */
  readonly done: string;
}

const en = {
  account: "Your account",
  email: "Email",
  password: "Password",
  yourPassword: "Your password",
  currentPassword: "Current password",
  newPassword: "New password",
  passwordHint: "A sentence is easy to remember, and hard to guess.",
  name: "Name",
  optional: "Optional.",

  signIn: "Sign in",
  signUp: "Sign up",
  createAccount: "Create an account",
  haveAccount: "I have an account",
  remember: "Keep me signed in on this device",
  confirmationMailed: "A mail to this address tells you how to go on.",
  forgot: "Forgot your password?",
  sendMail: "Send a mail",
  resetMailed:
    "If there is an account with this address, a mail to it lets you choose a new password.",
  ended: {
    signed_out: "You are signed out.",
    elsewhere: "You signed out in another tab.",
    expired: "Your session has expired. Sign in again.",
    revoked: "Your session was ended, for example on another device. Sign in again.",
  } satisfies Record<EndReason, string>,

  notNow: "Not now",
  goOn: "Go on",
  confirm: {
    title: "Confirm your address",
    text: "Confirm that you read mail at this address.",
    button: "Confirm",
    done: "Your address is confirmed.",
  } satisfies Linked,
  register: {
    title: "Choose your password",
    text: "This completes your sign-up. If you did not sign up, the link was used, or is too old.",
    button: "Create the account",
    done: "Your account is created.",
  } satisfies Linked,
  reset: {
    title: "Choose a new password",
    text: "All sessions of your account end.",
    button: "Set the password",
    done: "Your new password is set. Sign in with it.",
  } satisfies Linked,
  claim: {
    title: "Choose your password",
    text: "Your address is confirmed. Another person may have signed up with it, so the old password is void.",
    button: "Set the password",
    done: "Your new password is set. Sign in with it.",
  } satisfies Linked,
  undo: {
    title: "Undo the change of your address",
    text: "Your account gets the old address back, and all its sessions end.",
    button: "Undo the change",
    done: "Your old address is back. A mail to it lets you choose a new password.",
  } satisfies Linked,
  notMe: {
    title: "Secure your account",
    text: "If it was not you, all sessions of your account end. A mail lets you choose a new password.",
    button: "It was not me",
    done: "All sessions are ended. A mail lets you choose a new password.",
  } satisfies Linked,

  signOut: "Sign out",
  profile: "Profile",
  saveName: "Save the name",
  nameSaved: "The name is saved.",
  address: "Address",
  notConfirmed: "This address is not confirmed.",
  confirmAddress: "Confirm the address",
  addressMailed: (address: string) => `A mail to ${address} has the link that confirms it.`,
  newAddress: "New address",
  changeAddress: "Change the address",
  keepAddress: "Keep the old one",
  changePassword: "Change the password",
  passwordChanged: "The password is changed, and the other sessions are ended.",
  sessions: "Sessions",
  moreSessions: "There are more.",
  thisSession: "This session",
  lastUsed: "Last used",
  from: (ip: string) => `from ${ip}`,
  endSession: "End this one",
  sessionEnded: "The session is ended.",
  endOthers: "End all others",
  othersEnded: "The other sessions are ended.",
  unknownDevice: "Unknown device",
  device: (browser: string, system: string) => `${browser} on ${system}`,
  deleteTitle: "Delete the account",
  deleteText: "Your account and all your sessions end at once, for good.",
  deleteAccount: "Delete my account",
  deleteForGood: "Delete my account for good",
  keepAccount: "Keep it",

  nothing: "Nothing to show",
  noAnswer: "The service does not answer.",
  tryAgain: "Try again",
  unreachable: "The service cannot be reached. Check your connection and try again.",
  emailTaken: "There is an account with this address. Sign in instead.",
  wrongPassword: "This is not your password.",
  wrongCredentials: "The email or the password is wrong.",
  oldLink: "This link was used, or is too old. Ask for a new one.",
  tooMany: (wait: string) => `Too many attempts. Try again ${wait}.`,
  busy: (wait: string) => `The service is busy. Try again ${wait}.`,
  soon: "in a moment",
  failed: (title: string) => `${title}.`,
  rules: {},
};

const ko: Words = {
  account: "내 계정",
  email: "이메일",
  password: "비밀번호",
  yourPassword: "내 비밀번호",
  currentPassword: "현재 비밀번호",
  newPassword: "새 비밀번호",
  passwordHint: "문장으로 만들면 기억하기 쉽고 추측하기 어렵습니다.",
  name: "이름",
  optional: "선택 사항입니다.",

  signIn: "로그인",
  signUp: "가입하기",
  createAccount: "계정 만들기",
  haveAccount: "이미 계정이 있습니다",
  remember: "이 기기에서 로그인 유지",
  confirmationMailed: "이 주소로 보낸 메일에서 다음 단계를 확인해 주십시오.",
  forgot: "비밀번호를 잊으셨습니까?",
  sendMail: "메일 보내기",
  resetMailed: "이 주소로 만든 계정이 있으면 새 비밀번호를 설정할 수 있는 메일이 발송됩니다.",
  ended: {
    signed_out: "로그아웃되었습니다.",
    elsewhere: "다른 탭에서 로그아웃하셨습니다.",
    expired: "세션이 만료되었습니다. 다시 로그인해 주십시오.",
    revoked: "다른 기기 등에서 세션이 종료되었습니다. 다시 로그인해 주십시오.",
  },

  notNow: "나중에 하기",
  goOn: "계속하기",
  confirm: {
    title: "주소 확인",
    text: "이 주소로 온 메일을 받으셨음을 확인해 주십시오.",
    button: "확인하기",
    done: "주소가 확인되었습니다.",
  },
  register: {
    title: "비밀번호 설정",
    text: "비밀번호를 설정하면 가입이 완료됩니다. 가입하신 적이 없다면 이미 사용했거나 만료된 링크입니다.",
    button: "계정 만들기",
    done: "계정이 만들어졌습니다.",
  },
  reset: {
    title: "새 비밀번호 설정",
    text: "계정의 모든 세션이 종료됩니다.",
    button: "비밀번호 설정하기",
    done: "새 비밀번호가 설정되었습니다. 새 비밀번호로 로그인해 주십시오.",
  },
  claim: {
    title: "비밀번호 설정",
    text: "주소가 확인되었습니다. 다른 사람이 이 주소로 가입했을 수 있으므로 기존 비밀번호는 더 이상 사용할 수 없습니다.",
    button: "비밀번호 설정하기",
    done: "새 비밀번호가 설정되었습니다. 새 비밀번호로 로그인해 주십시오.",
  },
  undo: {
    title: "주소 변경 취소",
    text: "계정이 이전 주소로 돌아가고 모든 세션이 종료됩니다.",
    button: "변경 취소하기",
    done: "이전 주소로 돌아왔습니다. 이 주소로 새 비밀번호를 설정할 수 있는 메일이 발송됩니다.",
  },
  notMe: {
    title: "계정 보호",
    text: "본인이 하신 일이 아니라면 계정의 모든 세션을 종료합니다. 새 비밀번호를 설정할 수 있는 메일이 발송됩니다.",
    button: "본인이 아닙니다",
    done: "모든 세션이 종료되었습니다. 새 비밀번호를 설정할 수 있는 메일이 발송됩니다.",
  },

  signOut: "로그아웃",
  profile: "프로필",
  saveName: "이름 저장",
  nameSaved: "이름이 저장되었습니다.",
  address: "이메일 주소",
  notConfirmed: "아직 확인되지 않은 주소입니다.",
  confirmAddress: "주소 확인하기",
  addressMailed: (address) => `${address} 주소로 확인 링크가 담긴 메일을 보냈습니다.`,
  newAddress: "새 주소",
  changeAddress: "주소 변경하기",
  keepAddress: "변경하지 않기",
  changePassword: "비밀번호 변경하기",
  passwordChanged: "비밀번호가 변경되고 다른 세션이 종료되었습니다.",
  sessions: "세션",
  moreSessions: "세션이 더 있습니다.",
  thisSession: "현재 세션",
  lastUsed: "마지막 사용:",
  from: (ip) => `IP ${ip}`,
  endSession: "이 세션 종료",
  sessionEnded: "세션이 종료되었습니다.",
  endOthers: "다른 세션 모두 종료",
  othersEnded: "다른 세션이 모두 종료되었습니다.",
  unknownDevice: "알 수 없는 기기",
  device: (browser, system) => `${system}의 ${browser}`,
  deleteTitle: "계정 삭제",
  deleteText: "계정과 모든 세션이 즉시 삭제되며 되돌릴 수 없습니다.",
  deleteAccount: "계정 삭제하기",
  deleteForGood: "계정을 완전히 삭제하기",
  keepAccount: "삭제하지 않기",

  nothing: "표시할 내용이 없습니다",
  noAnswer: "서비스가 응답하지 않습니다.",
  tryAgain: "다시 시도",
  unreachable: "서비스에 연결할 수 없습니다. 연결 상태를 확인한 뒤 다시 시도해 주십시오.",
  emailTaken: "이 주소로 만든 계정이 있습니다. 로그인해 주십시오.",
  wrongPassword: "비밀번호가 맞지 않습니다.",
  wrongCredentials: "이메일 또는 비밀번호가 맞지 않습니다.",
  oldLink: "이미 사용했거나 만료된 링크입니다. 새 링크를 요청해 주십시오.",
  tooMany: (wait) => `시도 횟수가 너무 많습니다. ${wait} 다시 시도해 주십시오.`,
  busy: (wait) => `서비스가 혼잡합니다. ${wait} 다시 시도해 주십시오.`,
  soon: "잠시 후",
  failed: () => "요청을 처리하지 못했습니다. 나중에 다시 시도해 주십시오.",
  rules: {
    required: () => "필수 항목입니다.",
    min_length: (limit) => `${limit}자 이상이어야 합니다.`,
    max_length: (limit) => `${limit}자 이하여야 합니다.`,
    max_bytes: (limit) => `${limit}바이트 이하여야 합니다.`,
    format: () => "올바른 형식이 아닙니다.",
    common: () => "너무 흔한 비밀번호입니다.",
    context: () => "주소나 서비스 이름과 너무 비슷한 비밀번호입니다.",
    breached: () => "유출된 적이 있는 비밀번호입니다.",
  },
};

const de: Words = {
  account: "Ihr Konto",
  email: "E-Mail-Adresse",
  password: "Passwort",
  yourPassword: "Ihr Passwort",
  currentPassword: "Bisheriges Passwort",
  newPassword: "Neues Passwort",
  passwordHint: "Ein Satz ist leicht zu merken und schwer zu erraten.",
  name: "Name",
  optional: "Freiwillig.",

  signIn: "Anmelden",
  signUp: "Registrieren",
  createAccount: "Konto anlegen",
  haveAccount: "Ich habe ein Konto",
  remember: "Auf diesem Gerät angemeldet bleiben",
  confirmationMailed: "Eine E-Mail an diese Adresse erklärt, wie es weitergeht.",
  forgot: "Passwort vergessen?",
  sendMail: "E-Mail senden",
  resetMailed:
    "Wenn es ein Konto mit dieser Adresse gibt, können Sie mit einer E-Mail dorthin ein neues Passwort festlegen.",
  ended: {
    signed_out: "Sie sind abgemeldet.",
    elsewhere: "Sie haben sich in einem anderen Tab abgemeldet.",
    expired: "Ihre Sitzung ist abgelaufen. Melden Sie sich wieder an.",
    revoked:
      "Ihre Sitzung wurde beendet, zum Beispiel auf einem anderen Gerät. Melden Sie sich wieder an.",
  },

  notNow: "Jetzt nicht",
  goOn: "Weiter",
  confirm: {
    title: "Adresse bestätigen",
    text: "Bestätigen Sie, dass Sie E-Mails an diese Adresse lesen.",
    button: "Bestätigen",
    done: "Ihre Adresse ist bestätigt.",
  },
  register: {
    title: "Passwort festlegen",
    text: "Damit ist Ihre Registrierung abgeschlossen. Wenn Sie sich nicht registriert haben, wurde der Link schon benutzt oder ist zu alt.",
    button: "Konto anlegen",
    done: "Ihr Konto ist angelegt.",
  },
  reset: {
    title: "Neues Passwort festlegen",
    text: "Alle Sitzungen Ihres Kontos enden.",
    button: "Passwort festlegen",
    done: "Ihr neues Passwort ist festgelegt. Melden Sie sich damit an.",
  },
  claim: {
    title: "Passwort festlegen",
    text: "Ihre Adresse ist bestätigt. Vielleicht hat sich jemand anderes damit registriert, deshalb gilt das alte Passwort nicht mehr.",
    button: "Passwort festlegen",
    done: "Ihr neues Passwort ist festgelegt. Melden Sie sich damit an.",
  },
  undo: {
    title: "Änderung der Adresse rückgängig machen",
    text: "Ihr Konto bekommt die alte Adresse zurück, und alle seine Sitzungen enden.",
    button: "Rückgängig machen",
    done: "Ihre alte Adresse gilt wieder. Mit einer E-Mail dorthin können Sie ein neues Passwort festlegen.",
  },
  notMe: {
    title: "Konto schützen",
    text: "Wenn Sie das nicht waren, enden alle Sitzungen Ihres Kontos. Mit einer E-Mail können Sie ein neues Passwort festlegen.",
    button: "Das war ich nicht",
    done: "Alle Sitzungen sind beendet. Mit einer E-Mail können Sie ein neues Passwort festlegen.",
  },

  signOut: "Abmelden",
  profile: "Profil",
  saveName: "Namen speichern",
  nameSaved: "Der Name ist gespeichert.",
  address: "Adresse",
  notConfirmed: "Diese Adresse ist nicht bestätigt.",
  confirmAddress: "Adresse bestätigen",
  addressMailed: (address) => `Eine E-Mail an ${address} enthält den Link, der sie bestätigt.`,
  newAddress: "Neue Adresse",
  changeAddress: "Adresse ändern",
  keepAddress: "Die alte behalten",
  changePassword: "Passwort ändern",
  passwordChanged: "Das Passwort ist geändert, und die anderen Sitzungen sind beendet.",
  sessions: "Sitzungen",
  moreSessions: "Es gibt noch mehr.",
  thisSession: "Diese Sitzung",
  lastUsed: "Zuletzt benutzt:",
  from: (ip) => `von ${ip}`,
  endSession: "Diese beenden",
  sessionEnded: "Die Sitzung ist beendet.",
  endOthers: "Alle anderen beenden",
  othersEnded: "Die anderen Sitzungen sind beendet.",
  unknownDevice: "Unbekanntes Gerät",
  device: (browser, system) => `${browser} auf ${system}`,
  deleteTitle: "Konto löschen",
  deleteText: "Ihr Konto und alle Ihre Sitzungen enden sofort und endgültig.",
  deleteAccount: "Mein Konto löschen",
  deleteForGood: "Mein Konto endgültig löschen",
  keepAccount: "Behalten",

  nothing: "Nichts anzuzeigen",
  noAnswer: "Der Dienst antwortet nicht.",
  tryAgain: "Erneut versuchen",
  unreachable:
    "Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.",
  emailTaken: "Es gibt ein Konto mit dieser Adresse. Melden Sie sich damit an.",
  wrongPassword: "Das ist nicht Ihr Passwort.",
  wrongCredentials: "Die Adresse oder das Passwort ist falsch.",
  oldLink: "Dieser Link wurde schon benutzt oder ist zu alt. Fordern Sie einen neuen an.",
  tooMany: (wait) => `Zu viele Versuche. Versuchen Sie es ${wait} noch einmal.`,
  busy: (wait) => `Der Dienst ist überlastet. Versuchen Sie es ${wait} noch einmal.`,
  soon: "gleich",
  failed: () => "Das hat nicht funktioniert. Versuchen Sie es später noch einmal.",
  rules: {
    required: () => "Das fehlt noch.",
    min_length: (limit) => `Es müssen mindestens ${limit} Zeichen sein.`,
    max_length: (limit) => `Es dürfen höchstens ${limit} Zeichen sein.`,
    max_bytes: (limit) => `Es dürfen höchstens ${limit} Byte sein.`,
    format: () => "So kann das nicht aussehen.",
    common: () => "Das ist eines der häufigsten Passwörter.",
    context: () => "Das ist der Adresse oder dem Namen des Dienstes zu ähnlich.",
    breached: () => "Dieses Passwort ist aus einem Datenleck bekannt.",
  },
};

const DICTIONARIES = { en, ko, de };
type Language = keyof typeof DICTIONARIES;

const isKnown = (tag: string): tag is Language => Object.hasOwn(DICTIONARIES, tag);

/** The first language of the browser's list that there is. */
export const language: Language =
  navigator.languages.map((tag) => tag.replace(/-.*/, "").toLowerCase()).find(isKnown) ?? "en";

export const words: Words = DICTIONARIES[language];

document.documentElement.lang = language;
document.title = words.account;
