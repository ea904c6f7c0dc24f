"""Django as each variant sets it, each on a port of its own; every call is logged.

Django has one set of settings for a process. Calls are answered one at a time, each under the settings of its port.
"""

import json
import ssl
import sys
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

with open(sys.argv[1]) as config:
    CONFIG = json.load(config)

settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="a secret of at least thirty-two characters",
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    INSTALLED_APPS=["django.contrib.sessions", "corsheaders"],
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    APPEND_SLASH=False,
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse  # noqa: E402
from django.test import override_settings  # noqa: E402
from django.urls import path  # noqa: E402

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
CORS = "corsheaders.middleware.CorsMiddleware"
LOCK = threading.Lock()
urlpatterns = []


def by_hand(variant):
    """CORS as many write it themselves, without Vary."""
    cors = variant["cors"]

    def answer(handler, environ, start_response):
        origin = environ.get("HTTP_ORIGIN")
        if origin not in cors["origins"]:
            return handler(environ, start_response)
        headers = [("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
        if environ["REQUEST_METHOD"] != "OPTIONS":
            return handler(environ, lambda status, given, *rest: start_response(status, [*given, *headers], *rest))
        listed = [(f"Access-Control-Allow-{name}", ", ".join(cors[name])) for name in ("headers", "methods")]
        start_response("204 No Content", [*headers, *listed])
        return []

    return answer


def permit(get_response):
    return lambda request: HttpResponse(status=401) if request.method == "OPTIONS" else get_response(request)


def settings_of(variant):
    cors, cookie, snippets = variant["cors"], variant["cookie"], variant["snippets"]
    guard = [f"{__name__}.permit"] if cors and cors["after_auth"] else []
    chosen = dict(
        MIDDLEWARE=[*guard, *([CORS] if cors and not cors["by_hand"] else []), SESSIONS],
        SESSION_COOKIE_NAME=variant["cookie_name"],
        SESSION_COOKIE_PATH=cookie["path"],
        SESSION_COOKIE_DOMAIN=cookie["domain"],
        SESSION_COOKIE_SECURE=cookie["secure"],
        SESSION_COOKIE_HTTPONLY=cookie["http_only"],
        SESSION_COOKIE_SAMESITE=cookie["same_site"] and cookie["same_site"].capitalize(),
        SESSION_COOKIE_AGE=cookie["max_age"],
    )
    if cors:
        chosen |= dict(
            CORS_ALLOW_ALL_ORIGINS=cors["origins"] == "*",
            CORS_ALLOWED_ORIGINS=cors["origins"] if isinstance(cors["origins"], list) else [],
            CORS_ALLOW_CREDENTIALS=cors["credentials"],
            CORS_ALLOW_HEADERS=cors["headers"],
            CORS_ALLOW_METHODS=cors["methods"],
        )
        if cors["only_sign_in"]:
            chosen["CORS_URLS_REGEX"] = r"^/login$"
    if snippets:
        # settings.py is a module, whose functions Django finds by its name.
        module = type(sys)(f"settings_{variant['port']}")
        sys.modules[module.__name__] = module
        vars(module).update(chosen, INSTALLED_APPS=settings.INSTALLED_APPS)
        for code in snippets.values():
            exec(code, vars(module))
        chosen = {key: value for key, value in vars(module).items() if key.isupper()}
    if snippets and "CORS_URLS_REGEX" in chosen:
        del chosen["CORS_URLS_REGEX"]
    chosen.pop("INSTALLED_APPS", None)
    return chosen


def views(variant):
    name, snippets = variant["cookie_name"], variant["snippets"]

    def sign_in(request):
        request.session["user"] = "ada" + "x" * (0 if snippets else variant["padding"])
        return JsonResponse({"signed_in": True})

    def login(request):
        if variant["redirect"]:
            response = HttpResponseRedirect(variant["redirect"]["to"])
            response.status_code = variant["redirect"]["status"]
            return response
        if request.method != variant["method"]:
            return HttpResponse(status=405)
        return sign_in(request)

    def me(request):
        user = "user" in request.session
        return JsonResponse({"user": user}, status=200 if user else 401)

    return [path("login", login), path("signed-in", sign_in), path("me", me)], name


class Handler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


def serve(variant):
    routes, name = views(variant)
    chosen = settings_of(variant)
    # A module is what Django takes for a set of routes.
    module = type(sys)(f"routes_{variant['port']}")
    module.urlpatterns = routes
    sys.modules[module.__name__] = module
    chosen["ROOT_URLCONF"] = module.__name__
    with override_settings(**chosen):
        handler = WSGIHandler()

    hand = variant["cors"] and variant["cors"]["by_hand"] and not variant["snippets"]
    wrap = by_hand(variant) if hand else lambda handler, environ, start_response: handler(environ, start_response)

    def application(environ, start_response):
        header = environ.get("HTTP_COOKIE", "")
        line = {
            "port": variant["port"],
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "cookies": [pair.split("=")[0] for pair in header.split("; ")],
        }
        environ["wsgi.url_scheme"] = "https"
        with LOCK, override_settings(**chosen):
            print(json.dumps(line), flush=True)
            return wrap(handler, environ, start_response)

    server = make_server("127.0.0.1", variant["port"], application, server_class=Server, handler_class=Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CONFIG["tls"]["cert"], CONFIG["tls"]["key"])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()


for each in CONFIG["variants"]:
    serve(each)
print("ready", flush=True)
threading.Event().wait()
