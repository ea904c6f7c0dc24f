"""What standardwebhooks makes of deliveries that come by standard input: for each null, or why it is refused."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def refusal(delivery):
    try:
        Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
    except WebhookVerificationError as error:
        return str(error)
    return None


json.dump([refusal(delivery) for delivery in json.load(sys.stdin)], sys.stdout)
