import sys
import time
import urllib.error
import urllib.request

while True:
    try:
        print(urllib.request.urlopen(sys.argv[1], timeout=3).read().decode(), end="")
        break
    except urllib.error.URLError:
        time.sleep(0.2)
