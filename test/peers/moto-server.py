"""moto's server, which also refuses inactive access keys as AWS does: moto itself only notes that they are."""

import sys

from moto.iam.access_control import CreateAccessKeyFailure, IAMUserAccessKey
from moto.server import main

take_any = IAMUserAccessKey.__init__


def take_active(self, *args, **kwargs):
    take_any(self, *args, **kwargs)
    for user in self.backend.list_users("/", None, None):
        for key in user.access_keys:
            if key.access_key_id == self._access_key_id and key.status != "Active":
                raise CreateAccessKeyFailure(reason="InvalidId")


IAMUserAccessKey.__init__ = take_active
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
