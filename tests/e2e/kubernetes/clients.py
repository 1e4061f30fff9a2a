"""Ask the Service all the while; a line for each answer that is no 200, and one a second that tells how many were."""
import time
import urllib.error
import urllib.request

PAUSE = 0.05 # seconds


def ask():
    try:
        with urllib.request.urlopen("http://orders/orders", timeout=5) as response:
            response.read()
            return None
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode(errors='replace').strip()}"
    except OSError as error:
        return repr(error)


good, told = 0, time.monotonic()
while True:
    if error := ask():
        print(f"ERROR {error}")
    else:
        good += 1
    if time.monotonic() - told >= 1:
        print(f"{good} answers")
        told = time.monotonic()
    time.sleep(PAUSE)
