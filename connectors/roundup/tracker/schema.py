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
    warranty=String(),
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
    factor=String(),
    quantity=String(),
    minimum=String(),
    organization=Link("organization"),
    location=Link("location"),
    notes=String(),
    **mark(),
)
consumable.setlabelprop("name")

#: Stock moves only by these: a movement changes the card's quantity in the same step and is never edited afterwards.
movement = Class(
    db,
    "movement",
    type=String(),
    consumable=Link("consumable"),
    to_consumable=Link("consumable"),
    quantity=String(),
    unit=String(),
    date=String(),
    employee=Link("employee"),
    department=Link("department"),
    equipment=Link("equipment"),
    work=Link("work"),
    ticket=Link("issue"),
    reverses=Link("movement"),
    document=String(),
    origin=String(),
    notes=String(),
    **mark(),
)
movement.setlabelprop("id")

#: What was done to a piece of equipment, or made of stock. Once done it changes stock, equipment and composition in the
#: same step and stays as it is (detectors/works.py); ``done`` is the moment.
work = Class(
    db,
    "work",
    type=String(),
    status=String(),
    date=String(),
    equipment=Link("equipment"),
    other=Link("equipment"),
    consumable=Link("consumable"),
    quantity=String(),
    unit=String(),
    component=String(),
    effect=String(),
    size_before=String(),
    size_after=String(),
    removes=Link("component"),
    follows=Link("work"),
    contractor=String(),
    act=String(),
    due=String(),
    warranty=String(),
    cost=String(),
    old_serial=String(),
    serial=String(),
    ticket=Link("issue"),
    done=String(),
    notes=String(),
    **mark(),
)
work.setlabelprop("id")

#: Lines of an assembly: what went into it, or came out of it.
work_part = Class(
    db,
    "work_part",
    work=Link("work"),
    consumable=Link("consumable"),
    quantity=String(),
    unit=String(),
    share=String(),
    **mark(),
)
work_part.setlabelprop("id")

#: What a piece of equipment is made of, and was: its composition history.
component = Class(
    db,
    "component",
    equipment=Link("equipment"),
    kind=String(),
    name=String(),
    serial=String(),
    size=String(),
    quantity=String(),
    fitted=String(),
    removed=String(),
    work=Link("work"),
    notes=String(),
    **mark(),
)
component.setlabelprop("name")

#: «Заявка в ИТ». ``version``, ``answer`` and ``orders`` are uchet's: the contents it checked, what it says of them, and
#: the orders for it in 1C.
request = Class(
    db,
    "request",
    title=String(),
    status=String(),
    organization=Link("organization"),
    branch=Link("location"),
    department=Link("department"),
    initiator=Link("employee"),
    employee=Link("employee"),
    workplace=String(),
    reason=String(),
    equipment=Link("equipment"),
    needed_by=String(),
    submitted=String(),
    article=String(),
    contact=String(),
    offer=String(),
    description=String(),
    version=String(),
    answer=String(),
    orders=String(),
    **mark(),
)
request.setlabelprop("title")

request_line = Class(
    db,
    "request_line",
    request=Link("request"),
    name=String(),
    consumable=Link("consumable"),
    category=String(),
    quantity=String(),
    cancelled=String(),
    unit=String(),
    price=String(),
    price_date=String(),
    vat=String(),
    location=Link("location"),
    equipment=Link("equipment"),
    term=String(),
    seats=String(),
    platform=String(),
    security_mark=String(),
    status=String(),
    **mark(),
)
request_line.setlabelprop("name")

#: One word about a request; ``version`` is the request's own at that time (detectors/purchases.py sets it).
approval = Class(
    db,
    "approval",
    request=Link("request"),
    role=String(),
    employee=Link("employee"),
    decision=String(),
    date=String(),
    version=String(),
    comment=String(),
    **mark(),
)
approval.setlabelprop("role")

#: Part of a document's line given to a request's line: N:M.
allocation = Class(
    db,
    "allocation",
    request_line=Link("request_line"),
    step=String(),
    document=String(),
    document_line=String(),
    quantity=String(),
    coefficient=String(),
    **mark(),
)
allocation.setlabelprop("document")

licence = Class(
    db,
    "licence",
    name=String(),
    organization=Link("organization"),
    seats=String(),
    expires=String(),
    book_object=String(),
    right=String(),
    document=String(),
    employee=Link("employee"),
    notes=String(),
    **mark(),
)
licence.setlabelprop("name")

installation = Class(
    db,
    "installation",
    name=String(),
    licence=Link("licence"),
    equipment=Link("equipment"),
    **mark(),
)
installation.setlabelprop("name")

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
SYNCED = (
    *("organization", "department", "employee", "location", "equipment", "consumable", "movement"),
    *("work", "work_part", "component"),
    *("request", "request_line", "approval", "allocation", "licence", "installation"),
)
#: What uchet reads and never writes.
READ = ("work", "work_part", "component")
#: What uchet alone writes.
KEPT = {"request": ("version", "answer", "orders"), "request_line": ("status",), "approval": ("version",)}

db.security.addRole(name="Specialist", description="IT support: works in the web pages")
db.security.addRole(name="Integration", description="uchet: works through REST")

db.security.addPermissionToRole("Specialist", "Web Access")
# Roundup takes a login, by Basic too, only from those who have Web Access.
db.security.addPermissionToRole("Integration", "Web Access")
db.security.addPermissionToRole("Integration", "Rest Access")
for name in SYNCED:
    for verb in ("View", "Create", "Edit") if name != "movement" else ("View", "Create"):
        if verb == "View" or name not in READ:
            db.security.addPermissionToRole("Integration", verb, name)
        if verb == "View" or name not in KEPT:
            db.security.addPermissionToRole("Specialist", verb, name)
            continue
        free = tuple(p for p in db.classes[name].getprops(protected=False) if p not in KEPT[name])
        permission = db.security.addPermission(
            name=verb, klass=name, properties=free, description="Not what uchet writes"
        )
        db.security.addPermissionToRole("Specialist", permission)
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
