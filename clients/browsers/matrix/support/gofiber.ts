import { execFileSync } from "node:child_process";
import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Tls } from "../../tests/support/certificates.js";
import type { Resolved } from "./server.js";

const SOURCES = resolve("matrix/servers");

/** Each version has names of its own for some things. */
const VERSIONS = {
  gofiber2: {
    path: "github.com/gofiber/fiber/v2",
    ctx: "*fiber.Ctx",
    list: (members: readonly string[]) => JSON.stringify(members.join(",")),
    create: "fiber.New(fiber.Config{DisableStartupMessage: true})",
    listen: (port: number, { cert, key }: Tls) => `ListenTLS("127.0.0.1:${port}", "${cert}", "${key}")`,
  },
  gofiber3: {
    path: "github.com/gofiber/fiber/v3",
    ctx: "fiber.Ctx",
    list: (members: readonly string[]) => `[]string{${members.map((one) => JSON.stringify(one))}}`,
    create: "fiber.New()",
    listen: (port: number, { cert, key }: Tls) =>
      `Listen("127.0.0.1:${port}", fiber.ListenConfig{DisableStartupMessage: true, CertFile: "${cert}", CertKeyFile: "${key}"})`,
  },
} as const;

export type GoFiber = keyof typeof VERSIONS;

/** Writes a program with an application for each variant, and builds it. */
export function gofiber(
  kind: GoFiber,
  folder: string,
  variants: readonly Resolved[],
  tls: Tls,
): string {
  for (const file of ["go.mod", "go.sum"]) cpSync(join(SOURCES, kind, file), join(folder, file));
  writeFileSync(join(folder, "main.go"), program(kind, variants, tls));
  const own = join(SOURCES, ".venv/bin/go");
  execFileSync(existsSync(own) ? own : "go", ["build", "-mod=mod", "-o", "server", "."], {
    cwd: folder,
    stdio: "pipe",
  });
  return join(folder, "server");
}

function program(kind: GoFiber, variants: readonly Resolved[], tls: Tls): string {
  const { path, ctx, listen } = VERSIONS[kind];
  return `package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"${path}"
	"${path}/middleware/cors"
)

type Ctx = ${ctx}

var _ = cors.New
var _ = time.Now
var counter atomic.Int64

// logged tells of every call: what is told is the judge.
func logged(port int) func(c Ctx) error {
	return func(c Ctx) error {
		fmt.Printf("{\"port\":%d,\"method\":\"%s\",\"path\":\"%s\",\"cookie\":\"%s\"}\\n",
			port, c.Method(), c.Path(), strings.ReplaceAll(c.Get("Cookie"), "\"", ""))
		return c.Next()
	}
}

func permit(c Ctx) error {
	if c.Method() == "OPTIONS" {
		return c.SendStatus(401)
	}
	return c.Next()
}

${variants.map((variant) => application(kind, variant)).join("\n")}

func main() {
${variants.map((variant) => `\tgo func() { panic(${variant.name}().${listen(variant.port, tls)}) }()`).join("\n")}
	time.Sleep(time.Second)
	fmt.Println("ready")
	select {}
}
`;
}

function application(kind: GoFiber, variant: Resolved): string {
  const { snippets, cors, redirect, method, cookie_name: name, deleted, padding } = variant;
  const guard = cors?.after_auth ? "app.Use(permit)" : "";
  const crossOrigin = snippets["cors"] ? `${snippets["cors"]}\n${guard}` : `${guard}\n${ownCors(kind, variant)}`;
  const remedied = snippets["session"] !== undefined;
  const signIn = redirect
    ? `c.Set("Location", "${redirect.to}")\nreturn c.SendStatus(${redirect.status})`
    : "return signIn(c)";
  return `
func ${variant.name}() *fiber.App {
	app := ${VERSIONS[kind].create}
	app.Use(logged(${variant.port}))
	${crossOrigin}
	var sessions sync.Map
	signIn := func(c Ctx) error {
		id := fmt.Sprintf("%d%s", counter.Add(1), strings.Repeat("x", ${remedied ? 0 : padding}))
		sessions.Store(id, true)
		${snippets["session"] ?? ownCookie(variant)}
		${deleted && !remedied ? `c.Response().Header.Add("Set-Cookie", "${name}=; Path=/; Secure; Max-Age=0")` : ""}
		return c.SendString("{}")
	}
	app.All("/login", func(c Ctx) error {
		if c.Method() != "${method}" {
			return c.SendStatus(405)
		}
		${signIn}
	})
	app.All("/signed-in", signIn)
	app.Get("/me", func(c Ctx) error {
		if _, known := sessions.Load(c.Cookies("${name}")); known {
			return c.SendString("{}")
		}
		return c.SendStatus(401)
	})
	return app
}
`;
}

function ownCors(kind: GoFiber, { cors }: Resolved): string {
  if (!cors) return "";
  if (cors.by_hand) return byHand(cors.origins, cors.headers, cors.methods);
  const { list } = VERSIONS[kind];
  return `app.Use(${cors.only_sign_in ? '"/login", ' : ""}cors.New(cors.Config{
		AllowOrigins: ${list(cors.origins === "*" ? ["*"] : cors.origins)},
		AllowCredentials: ${cors.credentials},
		AllowMethods: ${list(cors.methods)},
		AllowHeaders: ${list(cors.headers)},
	}))`;
}

function byHand(origins: readonly string[] | "*", headers: readonly string[], methods: readonly string[]): string {
  return `app.Use(func(c Ctx) error {
		if origin := c.Get("Origin"); strings.Contains("${[...origins].join(" ")}", origin) && origin != "" {
			c.Set("Access-Control-Allow-Origin", origin)
			c.Set("Access-Control-Allow-Credentials", "true")
		}
		if c.Method() != "OPTIONS" {
			return c.Next()
		}
		c.Set("Access-Control-Allow-Headers", "${headers.join(", ")}")
		c.Set("Access-Control-Allow-Methods", "${methods.join(", ")}")
		return c.SendStatus(204)
	})`;
}

/** What Fiber's own struct cannot say is written as a header. */
function ownCookie({ cookie, cookie_name: name, folded }: Resolved): string {
  const { path, http_only, secure, same_site, partitioned, domain, max_age } = cookie;
  if (partitioned || folded || max_age < 0) {
    const attributes = [
      `Path=${path}; Max-Age=${max_age}`,
      ...(http_only ? ["HttpOnly"] : []),
      ...(secure ? ["Secure"] : []),
      ...(partitioned ? ["Partitioned"] : []),
      ...(same_site ? [`SameSite=${same_site}`] : []),
    ].join("; ");
    const before = folded ? "theme=dark; Path=/; Secure, " : "";
    return `c.Response().Header.Add("Set-Cookie", "${before}${name}="+id+"; ${attributes}")`;
  }
  return `c.Cookie(&fiber.Cookie{Name: "${name}", Value: id, Path: "${path}", Domain: "${domain ?? ""}", MaxAge: ${max_age},
			HTTPOnly: ${http_only}, Secure: ${secure}, SameSite: "${same_site ?? "disabled"}"})`;
}
