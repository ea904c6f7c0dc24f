"""One FastAPI application for each variant, each on a port of its own; every call is logged."""

import asyncio
import json
import sys
import uuid

import uvicorn
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, RedirectResponse, Response

with open(sys.argv[1]) as settings:
    CONFIG = json.load(settings)


def build(variant):
    app = FastAPI()
    cors, cookie, snippets = variant["cors"], variant["cookie"], variant["snippets"]
    name, sessions = variant["cookie_name"], set()
    options = dict(
        path=cookie["path"],
        httponly=cookie["http_only"],
        secure=cookie["secure"],
        samesite=cookie["same_site"],
        domain=cookie["domain"],
        max_age=cookie["max_age"],
    )

    def sign_in():
        session = str(uuid.uuid4()) + "x" * (0 if "session" in snippets else variant["padding"])
        sessions.add(session)
        response = JSONResponse({"signed_in": True})
        if "session" in snippets:
            exec(snippets["session"], {"response": response, "id": session})
            return response
        if variant["folded"]:
            attributes = "Path=/; HttpOnly; Secure; SameSite=Lax"
            response.headers["set-cookie"] = f"theme=dark; Path=/; Secure, {name}={session}; {attributes}"
            return response
        response.set_cookie(name, session, **options)
        if variant["deleted"]:
            response.delete_cookie(name, secure=True)
        if cookie["partitioned"]:
            response.headers["set-cookie"] += "; Partitioned"
        return response

    if variant["redirect"]:
        redirect = variant["redirect"]
        app.add_api_route("/login", lambda: RedirectResponse(redirect["to"], redirect["status"]), methods=["POST"])
        app.add_api_route("/signed-in", sign_in, methods=["GET", "POST"])
    else:
        app.add_api_route("/login", sign_in, methods=[variant["method"]])

    def me(request: Request):
        user = request.cookies.get(name) in sessions
        return JSONResponse({"user": user}, 200 if user else 401)

    app.add_api_route("/me", me, methods=["GET"])

    async def permit(request, call_next):
        return Response(status_code=401) if request.method == "OPTIONS" else await call_next(request)

    after_auth = cors and cors["after_auth"]
    if "cors" in snippets:
        if after_auth:
            app.middleware("http")(permit)
        exec(snippets["cors"], {"app": app, "CORSMiddleware": CORSMiddleware})
    elif cors and not cors["by_hand"]:
        settings = dict(
            allow_origins=cors["origins"] if isinstance(cors["origins"], list) else ["*"],
            allow_credentials=cors["credentials"],
            allow_methods=cors["methods"],
            allow_headers=cors["headers"],
        )
        if cors["only_sign_in"]:
            inner = app
            with_cors = CORSMiddleware(inner, **settings)

            async def app(scope, receive, send):
                here = scope["type"] == "http" and scope["path"] == "/login"
                await (with_cors if here else inner)(scope, receive, send)

        else:
            app.add_middleware(CORSMiddleware, **settings)
            if after_auth:
                app.middleware("http")(permit)
    return app


def by_hand(variant, app):
    """CORS as many write it themselves, without Vary."""
    cors = variant["cors"]

    async def handle(scope, receive, send):
        origin = dict(scope["headers"]).get(b"origin") if scope["type"] == "http" else None
        if origin is None or origin.decode() not in cors["origins"]:
            return await app(scope, receive, send)
        headers = [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]

        async def add(message):
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        if scope["method"] != "OPTIONS":
            return await app(scope, receive, add)
        listed = [(f"access-control-allow-{name}".encode(), ", ".join(cors[name]).encode()) for name in ("headers", "methods")]
        await add({"type": "http.response.start", "status": 204, "headers": listed})
        await add({"type": "http.response.body"})

    return handle


def logged(variant, app):
    if variant["cors"] and variant["cors"]["by_hand"] and "cors" not in variant["snippets"]:
        app = by_hand(variant, app)

    async def log(scope, receive, send):
        if scope["type"] == "http":
            header = next((value for key, value in scope["headers"] if key == b"cookie"), b"").decode()
            cookies = [pair.split("=")[0] for pair in header.split("; ")]
            line = {"port": variant["port"], "method": scope["method"], "path": scope["path"], "cookies": cookies}
            print(json.dumps(line), flush=True)
        await app(scope, receive, send)

    return log


async def main():
    servers = []
    for variant in CONFIG["variants"]:
        config = uvicorn.Config(
            logged(variant, build(variant)),
            host="127.0.0.1",
            port=variant["port"],
            log_level="error",
            ssl_certfile=CONFIG["tls"]["cert"],
            ssl_keyfile=CONFIG["tls"]["key"],
            lifespan="off",
        )
        servers.append(uvicorn.Server(config))
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    while not all(server.started for server in servers):
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.gather(*tasks)


asyncio.run(main())
