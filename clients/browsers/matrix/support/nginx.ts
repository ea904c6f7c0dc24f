import type { Tls } from "../../tests/support/certificates.js";
import type { Resolved } from "./server.js";

/** The line of a remedy that parts what goes beside the server block from what goes into the location. */
const LOCATION = /^# in the location:$/m;

/** How every nginx of the tests runs. */
export const PROXY_SETTINGS = `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr notice;
events {}`;

/** nginx in front of an application for each variant. CORS is nginx's, the cookie is the application's. */
export function nginx(variants: readonly Resolved[], tls: Tls): string {
  return `${PROXY_SETTINGS}
http {
  log_format seen escape=json '{"port":$server_port,"method":"$request_method","path":"$uri","cookie":"$http_cookie"}';
  access_log logs/access.log seen;
  client_body_temp_path logs;
  proxy_temp_path logs;
  fastcgi_temp_path logs;
  uwsgi_temp_path logs;
  scgi_temp_path logs;
  large_client_header_buffers 4 32k;
  proxy_buffer_size 16k;
  proxy_buffers 4 16k;
  ${variants.map((variant) => server(variant, tls)).join("\n")}
}`;
}

function server(variant: Resolved, { cert, key }: Tls): string {
  const { port, upstream, cors, redirect } = variant;
  const [map = "", directives = ""] = variant.snippets["cors"]?.split(LOCATION) ?? ownCors(variant);
  const remedied = variant.snippets["cors"] !== undefined;
  // Each server block has maps of its own: names are shared by all.
  const own = (text: string): string =>
    text.replaceAll("$allowed_origin", `$allowed_origin_${port}`);
  const guard = cors?.after_auth ? "if ($request_method = OPTIONS) { return 401; }" : "";
  const proxy = `${guard}\nproxy_pass http://127.0.0.1:${upstream};\n${variant.snippets["cookie"] ?? ""}`;
  const everywhere = remedied || !cors?.only_sign_in ? own(directives) : "";
  const signIn = redirect ? `${guard}\nreturn ${redirect.status} ${redirect.to};` : proxy;
  return `
  ${own(map)}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${cert};
    ssl_certificate_key ${key};
    location = /login {
      ${own(directives)}
      ${signIn}
    }
    location / {
      ${everywhere}
      ${proxy}
    }
  }`;
}

/** The mistake of the variant, as it is written in nginx. */
function ownCors({ cors }: Resolved): [string, string] {
  if (!cors) return ["", ""];
  const entries =
    cors.origins === "*" ? [] : cors.origins.map((origin) => `"${origin}" $http_origin;`);
  const origin = cors.origins === "*" ? '"*"' : "$allowed_origin";
  const preflight = cors.after_auth ? "" : "if ($request_method = OPTIONS) { return 204; }";
  return [
    `map $http_origin $allowed_origin { ${entries.join(" ")} }`,
    `
    add_header Access-Control-Allow-Origin ${origin} always;
    ${cors.credentials ? "add_header Access-Control-Allow-Credentials true always;" : ""}
    add_header Access-Control-Allow-Headers "${cors.headers.join(", ")}" always;
    add_header Access-Control-Allow-Methods "${cors.methods.join(", ")}" always;
    ${cors.by_hand ? "" : "add_header Vary Origin always;"}
    ${preflight}`,
  ];
}
