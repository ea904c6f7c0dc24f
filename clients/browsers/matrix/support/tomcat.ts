import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Tls } from "../../tests/support/certificates.js";
import type { Resolved } from "./server.js";

const HOME = "/usr/share/tomcat10";
const SOURCES = resolve("matrix/servers/tomcat");

/** Writes a Tomcat with a service for each variant, and says how to start it. */
export function tomcat(
  base: string,
  variants: readonly Resolved[],
  tls: Tls,
): { args: string[]; env: Record<string, string> } {
  for (const folder of ["conf", "lib", "temp", "work"])
    mkdirSync(join(base, folder), { recursive: true });
  const files = ["Session.java", "Permit.java"].map((file) => join(SOURCES, file));
  const servlets = join(HOME, "lib/servlet-api.jar");
  execFileSync("javac", ["-cp", servlets, "-d", join(base, "lib"), ...files], { stdio: "pipe" });
  writeFileSync(join(base, "conf/server.xml"), serverXml(variants, tls));
  writeFileSync(join(base, "conf/web.xml"), web(""));
  for (const variant of variants) {
    const root = join(base, variant.name, "ROOT");
    for (const folder of ["WEB-INF", "META-INF"])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, "WEB-INF/web.xml"), webXml(variant));
    writeFileSync(
      join(root, "META-INF/context.xml"),
      variant.snippets["context.xml"] ?? contextXml(variant),
    );
  }
  const jars = ["bootstrap.jar", "tomcat-juli.jar"].map((jar) => join(HOME, "bin", jar)).join(":");
  const loader = `${base}/lib,${HOME}/lib,${HOME}/lib/*.jar`;
  writeFileSync(join(base, "conf/catalina.properties"), `common.loader=${loader}\n`);
  const options = [
    `-Dcatalina.home=${HOME}`,
    `-Dcatalina.base=${base}`,
    `-Djava.io.tmpdir=${base}/temp`,
  ];
  const args = [
    "-XX:TieredStopAtLevel=1",
    ...options,
    "-cp",
    jars,
    "org.apache.catalina.startup.Bootstrap",
    "start",
  ];
  return { args, env: {} };
}

function serverXml(variants: readonly Resolved[], { cert, key }: Tls): string {
  const seen =
    "{&quot;port&quot;:%{local}p,&quot;method&quot;:&quot;%m&quot;,&quot;path&quot;:&quot;%U&quot;,&quot;cookie&quot;:&quot;%{Cookie}i&quot;}";
  const services = variants.map(
    ({ name, port }) => `
  <Service name="${name}">
    <Connector port="${port}" address="127.0.0.1" SSLEnabled="true" scheme="https" secure="true" maxHttpHeaderSize="32768" minSpareThreads="1">
      <SSLHostConfig><Certificate certificateFile="${cert}" certificateKeyFile="${key}"/></SSLHostConfig>
    </Connector>
    <Engine name="${name}" defaultHost="localhost" startStopThreads="1">
      <Host name="localhost" appBase="${name}" autoDeploy="false">
        <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs" prefix="access" suffix=".log" fileDateFormat="" rotatable="false" buffered="false" pattern="${seen}"/>
      </Host>
    </Engine>
  </Service>`,
  );
  return `<Server port="-1">${services.join("")}\n</Server>`;
}

const web = (content: string): string =>
  `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">${content}</web-app>`;

function webXml(variant: Resolved): string {
  const { cors, redirect, snippets } = variant;
  const permit = cors?.after_auth
    ? `<filter><filter-name>permit</filter-name><filter-class>Permit</filter-class></filter>
       <filter-mapping><filter-name>permit</filter-name><url-pattern>/*</url-pattern></filter-mapping>`
    : "";
  const filters = snippets["web.xml"] ? snippets["web.xml"] + permit : permit + corsFilter(variant);
  const target = redirect
    ? `<context-param><param-name>redirect</param-name><param-value>${redirect.status} ${redirect.to}</param-value></context-param>`
    : "";
  return web(`${target}${filters}
    <servlet><servlet-name>session</servlet-name><servlet-class>Session</servlet-class></servlet>
    ${["/login", "/signed-in", "/me"].map((path) => `<servlet-mapping><servlet-name>session</servlet-name><url-pattern>${path}</url-pattern></servlet-mapping>`).join("")}
    ${snippets["context.xml"] ? "" : sessionConfig(variant)}`);
}

function corsFilter({ cors }: Resolved): string {
  if (!cors) return "";
  const origins = cors.origins === "*" ? "*" : cors.origins.join(",");
  const param = (name: string, value: string): string =>
    `<init-param><param-name>cors.${name}</param-name><param-value>${value}</param-value></init-param>`;
  return `
    <filter>
      <filter-name>cors</filter-name><filter-class>org.apache.catalina.filters.CorsFilter</filter-class>
      ${param("allowed.origins", origins)}
      ${param("support.credentials", String(cors.credentials))}
      ${param("allowed.methods", [...cors.methods, "OPTIONS"].join(","))}
      ${param("allowed.headers", cors.headers.join(","))}
    </filter>
    <filter-mapping><filter-name>cors</filter-name><url-pattern>${cors.only_sign_in ? "/login" : "/*"}</url-pattern></filter-mapping>`;
}

function sessionConfig({ cookie, cookie_name: name }: Resolved): string {
  return `
    <session-config><cookie-config>
      <name>${name}</name>${cookie.domain ? `<domain>${cookie.domain}</domain>` : ""}<path>${cookie.path}</path>
      <http-only>${cookie.http_only}</http-only><secure>${cookie.secure}</secure><max-age>${cookie.max_age}</max-age>
    </cookie-config></session-config>`;
}

function contextXml({ cookie }: Resolved): string {
  const partitioned = cookie.partitioned ? ' usePartitioned="true"' : "";
  return `<Context useHttpOnly="${cookie.http_only}"${partitioned}><CookieProcessor sameSiteCookies="${cookie.same_site ?? "unset"}"/></Context>`;
}
