# libpq 18's own OAUTHBEARER: the real library, with the one hook an application adds to give it a token.
# usage: oauth.py LIBPQ CONNINFO; the token is in TOKEN.
import ctypes, os, sys

libpq = ctypes.CDLL(sys.argv[1])


class Request(ctypes.Structure):  # PGoauthBearerRequest
    _fields_ = [
        ("openid_configuration", ctypes.c_char_p), ("scope", ctypes.c_char_p),
        ("async_", ctypes.c_void_p), ("cleanup", ctypes.c_void_p),
        ("token", ctypes.c_char_p), ("user", ctypes.c_void_p),
    ]


Hook = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
BEARER_TOKEN = 1


@Hook
def hook(kind, connection, data):
    if kind != BEARER_TOKEN:
        return 0
    request = ctypes.cast(data, ctypes.POINTER(Request)).contents
    print("discovery", (request.openid_configuration or b"").decode())
    print("scope", (request.scope or b"").decode())
    request.token = os.environ["TOKEN"].encode()
    return 1


libpq.PQsetAuthDataHook.argtypes = [Hook]
libpq.PQsetAuthDataHook(hook)
for name, result in (("PQconnectdb", ctypes.c_void_p), ("PQerrorMessage", ctypes.c_char_p), ("PQexec", ctypes.c_void_p), ("PQgetvalue", ctypes.c_char_p)):
    getattr(libpq, name).restype = result
libpq.PQconnectdb.argtypes = [ctypes.c_char_p]
for name in ("PQerrorMessage", "PQstatus"):
    getattr(libpq, name).argtypes = [ctypes.c_void_p]
libpq.PQexec.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
libpq.PQgetvalue.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]

connection = libpq.PQconnectdb(sys.argv[2].encode())
if libpq.PQstatus(connection) != 0:
    sys.exit("failed " + libpq.PQerrorMessage(connection).decode())
print("result", libpq.PQgetvalue(libpq.PQexec(connection, b"SELECT 41 + 1"), 0, 0).decode())
