"""Two additions to Roundup's web side: an address that publishes the classes, and no lock left behind by a failure."""

import roundup
from roundup.cgi import client
from roundup.rest import Routing, _data_decorator


class Client(client.Client):
    """Rolls back what a request left open.

    An exception inside a write keeps SQLite's lock until Python's garbage collector finds the traceback: closing the
    connection does not end the transaction while a cursor of it is alive. Others then wait and fail.
    """

    def handle_rest(self):
        """One REST request."""
        try:
            super().handle_rest()
        finally:
            self._let_go()

    def inner_main(self):
        """One page."""
        try:
            super().inner_main()
        finally:
            self._let_go()

    def _let_go(self):
        if hasattr(self, "db"):
            self.db.rollback()


class Schema:
    """Holder of the route ``/rest/uchet``; ``self`` at call time is Roundup's own REST instance."""

    @Routing.route("/uchet", "GET")
    @_data_decorator
    def describe_schema(self, input_payload):
        """Properties with their types, the required ones, and the highest id handed out, per class this login sees."""
        result = {}
        for name in sorted(self.db.classes):
            if not self.db.security.hasPermission("View", self.db.getuid(), name):
                continue
            cl = self.db.getclass(name)
            required = {cl.getkey(), *cl.get_required_props()}
            result[name] = {
                "properties": {
                    prop: {
                        "type": type(kind).__name__.lower(),
                        "of": getattr(kind, "classname", None),
                        "required": prop in required,
                    }
                    for prop, kind in cl.getprops(protected=False).items()
                },
                "key": cl.getkey(),
                "mark": str(max(map(int, cl.getnodeids()), default=0)),
            }
        return 200, {"roundup": roundup.__version__, "classes": result}
