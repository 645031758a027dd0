"""First rows of a new desk. Roundup runs this file with ``db`` and ``adminpw`` in scope."""

import uuid

from roundup import password

# The administrator's password arrives hashed or plain depending on the caller.
secret = adminpw if isinstance(adminpw, password.Password) else password.Password(adminpw, config=db.config)
db.getclass("user").create(username="admin", password=secret, address=admin_email, roles="Admin", realname="Администратор")
db.getclass("user").create(username="anonymous", roles="Anonymous")

# Tells this desk from a copy of it made for tests: uchet refuses to go on when the stored identity changes.
db.getclass("keyword").create(name="uchet-identity:" + uuid.uuid4().hex)
