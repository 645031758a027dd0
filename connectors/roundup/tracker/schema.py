"""Classes and permissions of the desk. Roundup runs this file with its own names (Class, String, db …) in scope.

``uchet_key`` marks the record with the key under which uchet created it; ``revision`` counts its edits (detectors/
uchet.py keeps it), so that two edits inside one second are still told apart.
"""

user = Class(
    db,
    "user",
    username=String(),
    password=Password(),
    address=String(),
    alternate_addresses=String(),
    realname=String(),
    roles=String(),
    timezone=String(),
    queries=Multilink("query"),
)
user.setkey("username")

query = Class(db, "query", klass=String(), name=String(), url=String(), private_for=Link("user"))
keyword = Class(db, "keyword", name=String())
keyword.setkey("name")
FileClass(db, "file", name=String())
FileClass(db, "msg", author=Link("user"), recipients=Multilink("user"), date=Date(), summary=String(),
          files=Multilink("file"), messageid=String(), inreplyto=String())  # fmt: skip


def mark():
    """Fresh property objects: Roundup does not share them between classes."""
    return {"uchet_key": String(), "revision": Integer()}


organization = Class(db, "organization", name=String(), inn=String(), **mark())
organization.setkey("name")

department = Class(db, "department", name=String(), code=String(), organization=Link("organization"), **mark())
department.setlabelprop("name")

employee = Class(
    db,
    "employee",
    name=String(),
    number=String(),
    organization=Link("organization"),
    department=Link("department"),
    active=Boolean(),
    **mark(),
)
employee.setlabelprop("name")

location = Class(db, "location", name=String(), code=String(), type=String(), **mark())
location.setkey("name")

equipment = Class(
    db,
    "equipment",
    inventory_number=String(),
    name=String(),
    book_name=String(),
    accounting=String(),
    organization=Link("organization"),
    department=Link("department"),
    custodian=Link("employee"),
    commissioned=String(),
    cost=String(),
    serial=String(),
    model=String(),
    location=Link("location"),
    user=Link("employee"),
    status=String(),
    notes=String(),
    **mark(),
)
equipment.setkey("inventory_number")

consumable = Class(
    db,
    "consumable",
    name=String(),
    code=String(),
    unit=String(),
    quantity=String(),
    minimum=String(),
    organization=Link("organization"),
    location=Link("location"),
    notes=String(),
    **mark(),
)
consumable.setlabelprop("name")

request = Class(
    db,
    "request",
    title=String(),
    status=String(),
    organization=Link("organization"),
    department=Link("department"),
    employee=Link("employee"),
    consumable=Link("consumable"),
    quantity=String(),
    needed_by=String(),
    description=String(),
    **mark(),
)
request.setlabelprop("title")

issue = IssueClass(
    db,
    "issue",
    status=String(),
    equipment=Link("equipment"),
    employee=Link("employee"),
    assignedto=Link("user"),
    keyword=Multilink("keyword"),
)

#: What uchet reads and writes; tickets and their messages belong to people alone.
SYNCED = ("organization", "department", "employee", "location", "equipment", "consumable", "request")

db.security.addRole(name="Specialist", description="IT support: works in the web pages")
db.security.addRole(name="Integration", description="uchet: works through REST")

db.security.addPermissionToRole("Specialist", "Web Access")
# Roundup takes a login, by Basic too, only from those who have Web Access.
db.security.addPermissionToRole("Integration", "Web Access")
db.security.addPermissionToRole("Integration", "Rest Access")
for name in SYNCED:
    for verb in ("View", "Create", "Edit"):
        db.security.addPermissionToRole("Specialist", verb, name)
        db.security.addPermissionToRole("Integration", verb, name)
db.security.addPermissionToRole("Integration", "View", "keyword")

for name in ("issue", "msg", "file", "keyword", "query"):
    for verb in ("View", "Create", "Edit"):
        db.security.addPermissionToRole("Specialist", verb, name)


def own_record(db, userid, itemid):
    """Only the person's own account."""
    return userid == itemid


db.security.addPermissionToRole(
    "Specialist", db.security.addPermission(name="View", klass="user", properties=("id", "username", "realname"))
)
db.security.addPermissionToRole(
    "Specialist", db.security.addPermission(name="View", klass="user", check=own_record, description="Own account")
)
db.security.addPermissionToRole(
    "Specialist",
    db.security.addPermission(
        name="Edit",
        klass="user",
        check=own_record,
        properties=("password", "realname", "address", "timezone", "queries"),
        description="Own account",
    ),
)
