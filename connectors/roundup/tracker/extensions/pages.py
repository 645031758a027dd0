"""What the pages show, prepared here so that the templates only place it: labels, filters, lists, forms, history.

Every text is passed on unescaped; the templates escape.
"""

from urllib.parse import urlencode

from roundup import hyperdb

PAGE = 50

#: class → (title of the list, title of one, columns of the list)
CLASSES = {
    "equipment": ("Оборудование", "Оборудование", ("inventory_number", "name", "book_name", "serial", "status",
                  "location", "user", "custodian", "department", "organization")),
    "request": ("Заявки в ИТ", "Заявка", ("id", "title", "status", "employee", "needed_by", "orders", "organization")),
    "request_line": ("Строки заявок", "Строка заявки", ("id", "request", "name", "consumable", "quantity", "unit", "price", "status")),
    "approval": ("Согласования", "Согласование", ("id", "request", "role", "employee", "decision", "date")),
    "allocation": ("Исполнение заявок", "Исполнение строки", ("id", "request_line", "step", "document", "quantity")),
    "licence": ("Лицензии", "Лицензия", ("id", "name", "seats", "expires", "book_object", "organization")),
    "installation": ("Установки программ", "Установка программы", ("id", "name", "licence", "equipment")),
    "consumable": ("Расходные материалы", "Расходный материал", ("name", "code", "quantity", "unit", "minimum", "location",
                   "organization")),
    "movement": ("Движения материалов", "Движение", ("id", "date", "type", "consumable", "quantity", "unit", "employee",
                 "department", "ticket", "document", "origin")),
    "work": ("Работы с оборудованием", "Работа", ("id", "date", "type", "status", "equipment", "consumable", "contractor", "act",
             "ticket")),
    "work_part": ("Строки сборок", "Строка сборки", ("id", "work", "consumable", "quantity", "unit", "share")),
    "component": ("Состав оборудования", "Комплектующая", ("equipment", "kind", "name", "serial", "size", "quantity", "fitted",
                  "removed")),
    "issue": ("Обращения", "Обращение", ("id", "title", "status", "equipment", "employee", "assignedto", "activity")),
    "employee": ("Сотрудники", "Сотрудник", ("name", "number", "department", "organization", "active")),
    "location": ("Места", "Место", ("name", "code", "type")),
    "department": ("Подразделения", "Подразделение", ("name", "code", "organization")),
    "organization": ("Организации", "Организация", ("name", "inn")),
    "user": ("Учётные записи", "Учётная запись", ("username", "realname", "roles")),
}  # fmt: skip
#: Properties people fill in, in the order of the form; classes not named here show their columns.
FORMS = {
    "equipment": ("inventory_number", "name", "status", "serial", "model", "location", "user", "custodian", "department",
                  "organization", "book_name", "accounting", "commissioned", "cost", "warranty", "notes"),
    "request": ("title", "status", "answer", "organization", "branch", "department", "initiator", "employee", "workplace", "reason",
                "equipment", "needed_by", "submitted", "article", "contact", "offer", "description", "orders"),
    "request_line": ("request", "name", "consumable", "category", "quantity", "cancelled", "unit", "price", "price_date", "vat",
                     "location", "equipment", "term", "seats", "platform", "security_mark", "status"),
    "approval": ("request", "role", "employee", "decision", "comment"),
    "allocation": ("request_line", "step", "document", "document_line", "quantity", "coefficient"),
    "licence": ("name", "right", "document", "seats", "expires", "book_object", "employee", "organization", "notes"),
    "installation": ("name", "licence", "equipment"),
    "consumable": ("name", "code", "unit", "factor", "quantity", "minimum", "location", "organization", "notes"),
    "movement": ("type", "consumable", "to_consumable", "quantity", "date", "employee", "department", "equipment", "ticket",
                 "reverses", "notes"),
    "work": ("type", "status", "date", "equipment", "other", "consumable", "quantity", "component", "effect", "size_before",
             "size_after", "serial", "removes", "follows", "contractor", "act", "due", "warranty", "cost", "ticket", "notes"),
    "work_part": ("work", "consumable", "quantity", "share"),
    "component": ("equipment", "kind", "name", "serial", "size", "quantity", "fitted", "removed", "notes"),
    "issue": ("title", "status", "equipment", "employee", "assignedto"),
    "user": ("username", "realname", "password", "address", "roles"),
}  # fmt: skip
LABELS = {
    "id": "№", "inventory_number": "Инвентарный №", "name": "Наименование", "book_name": "Наименование по учёту",
    "serial": "Заводской №", "status": "Состояние", "location": "Место", "user": "Пользователь", "custodian": "МОЛ",
    "department": "Подразделение", "organization": "Организация", "model": "Модель", "accounting": "Вид учёта",
    "commissioned": "Введено", "cost": "Стоимость, ₽", "notes": "Заметки", "title": "Тема", "quantity": "Количество",
    "employee": "Сотрудник", "needed_by": "Нужно к", "code": "Код", "unit": "Ед.", "minimum": "Неснижаемый остаток",
    "equipment": "Оборудование", "assignedto": "Исполнитель", "activity": "Изменено", "number": "Табельный №",
    "active": "Работает", "type": "Вид", "inn": "ИНН", "username": "Логин", "realname": "Имя", "roles": "Роли",
    "password": "Пароль", "address": "Почта", "consumable": "Материал", "description": "Описание",
    "branch": "Филиал", "initiator": "Инициатор", "workplace": "Рабочее место", "reason": "Причина", "submitted": "Подана",
    "article": "Статья бюджета", "contact": "Контакт", "offer": "Предложение поставщика", "answer": "Ответ проверки",
    "orders": "Заказы в 1С", "request": "Заявка", "category": "Класс", "cancelled": "Отменено", "price": "Цена, ₽",
    "price_date": "Дата цены", "vat": "НДС", "term": "Срок", "seats": "Рабочих мест", "platform": "Платформа",
    "security_mark": "Отметка безопасности", "role": "Роль", "decision": "Решение", "date": "Дата", "comment": "Комментарий",
    "request_line": "Строка заявки", "step": "Вид", "document": "Документ", "document_line": "Строка документа",
    "coefficient": "Коэффициент", "expires": "Действует до", "right": "Вид права", "book_object": "Объект учёта в 1С", "licence": "Лицензия",
    "warranty": "Гарантия до", "factor": "Единиц учёта в одной",
    "other": "Выдано взамен", "component": "Комплектующая", "effect": "Что стало", "size_before": "Было (ГБ, Вт·ч …)",
    "size_after": "Стало", "removes": "Снятая комплектующая", "follows": "Завершает отправку", "contractor": "Подрядчик",
    "act": "Акт №", "due": "Срок", "work": "Работа", "share": "Доля стоимости", "kind": "Вид", "size": "Объём",
    "fitted": "Установлена", "removed": "Снята",
    "to_consumable": "Материал на складе-получателе", "ticket": "Обращение", "reverses": "Отменяет", "origin": "Источник",
}  # fmt: skip
OWN_LABELS = {("equipment", "name"): "Имя в сети / метка", ("employee", "name"): "ФИО", ("request", "status"): "Этап",
              ("issue", "status"): "Этап", ("issue", "employee"): "Заявитель", ("request", "employee"): "Для кого",
              ("request", "equipment"): "Взамен", ("request_line", "equipment"): "Взамен", ("request_line", "location"): "Склад",
              ("licence", "employee"): "Ответственный", ("installation", "name"): "Программа",
              ("work", "serial"): "Новый заводской №", ("work", "type"): "Вид работы", ("movement", "type"): "Вид", ("movement", "document"): "Документ 1С"}  # fmt: skip
COMPONENTS = {"ram": "память", "disk": "диск", "cpu": "процессор", "board": "плата", "psu": "блок питания",
              "ups_battery": "батарея ИБП", "video": "видеокарта", "network": "сетевая карта", "sound": "звуковая карта",
              "drive": "привод", "keyboard": "клавиатура", "other": "другое"}  # fmt: skip
CHOICES = {
    ("equipment", "status"): {"in_use": "в работе", "in_stock": "на складе", "faulty": "неисправно", "in_repair": "в ремонте",
                              "written_off": "списано"},
    ("equipment", "accounting"): {"fixed_asset": "основное средство", "low_value": "МЦ.04"},
    ("location", "type"): {"branch": "филиал", "warehouse": "склад", "room": "помещение"},
    ("request", "status"): {"draft": "черновик", "submitted": "подана", "on_check": "на проверке",
                            "returned_for_correction": "возвращена на исправление", "approving": "на согласовании",
                            "approved": "согласована", "rejected": "отклонена", "withdrawn": "отозвана", "in_plan": "в плане",
                            "ordered": "заказана", "partially_received": "получена частично", "received": "получена",
                            "issued_partially": "выдана частично", "issued": "выдана", "closed": "закрыта",
                            "cancelled": "отменена", "on_hold": "отложена"},
    ("request", "reason"): {"new": "новое", "replacement": "замена", "reserve": "резерв", "repair": "ремонт", "project": "проект"},
    ("request_line", "category"): {"hardware": "оборудование", "consumable": "расходники", "spare": "ЗИП", "software": "ПО",
                                   "service": "услуги", "media": "носители", "network": "сеть"},
    ("request_line", "vat"): {"with": "с НДС", "without": "без НДС"},
    ("request_line", "status"): {"open": "открыта", "ordered": "заказана", "partially_received": "получена частично",
                                 "received": "получена", "issued_partially": "выдана частично", "issued": "выдана",
                                 "cancelled": "отменена"},
    ("approval", "role"): {"line_manager": "руководитель", "head_of_it": "руководитель ИТ", "budget_owner": "владелец бюджета",
                           "security": "безопасность", "director": "директор"},
    ("approval", "decision"): {"approved": "согласовано", "rejected": "отказано"},
    ("allocation", "step"): {"order": "заказ", "receipt": "получение", "issue": "выдача", "return": "возврат поставщику"},
    ("movement", "type"): {"issue": "выдача", "transfer": "перемещение", "write_off": "списание", "return": "возврат",
                           "receipt": "приход", "correction": "исправление", "expense": "расход по учёту",
                           "assembly_in": "сборка: приход", "assembly_out": "сборка: расход"},
    ("movement", "origin"): {"book": "1С"},
    ("work", "type"): {"sent": "отправлено в ремонт", "returned": "вернулось из ремонта", "replaced": "заменено по гарантии",
                       "upgrade": "установка комплектующей", "swap": "замена неисправного", "assembly": "сборка",
                       "disassembly": "разборка"},
    ("work", "status"): {"draft": "готовится", "done": "выполнено"},
    ("work", "effect"): {"restored": "восстановлено прежнее", "improved": "стало лучше"},
    ("work", "component"): COMPONENTS,
    ("component", "kind"): COMPONENTS,
    ("issue", "status"): {"new": "новое", "open": "в работе", "waiting": "ждёт ответа", "closed": "решено"},
}  # fmt: skip
ACTIONS = {"create": "создано", "set": "", "retired": "удалено", "restored": "возвращено"}
AREAS = {"notes", "description", "comment"}
#: Kept by the accountants in 1C: an edit here is put back by the next run, so the form says so.
BOOK_OWNED = {"book_name", "accounting", "commissioned", "cost", "organization"}


def label(classname, prop):
    return OWN_LABELS.get((classname, prop)) or LABELS.get(prop, prop)


def title(classname, one=False):
    return CLASSES.get(classname, (classname, classname))[1 if one else 0]


def menu(client):
    """Classes this person may see, with the number of items in each."""
    db, uid = client.db, client.userid
    seen = [c for c in CLASSES if db.security.hasPermission("View", uid, c)]
    if "Admin" not in db.user.get(uid, "roles").split(","):
        seen = [c for c in seen if c != "user"]
    return [
        {
            "name": c,
            "title": title(c),
            "count": len(db.getclass(c).getnodeids(retired=False)),
            "create": db.security.hasPermission("Create", uid, c),
        }
        for c in seen
    ]


def shown(db, classname, prop, value):
    """A value as people read it."""
    if value is None or value == []:
        return ""
    kind = db.getclass(classname).getprops()[prop]
    if (classname, prop) in CHOICES:
        return CHOICES[classname, prop].get(value, value)
    if isinstance(kind, hyperdb.Link):
        target = db.getclass(kind.classname)
        return str(target.get(value, target.labelprop()) or value)
    if isinstance(kind, hyperdb.Boolean):
        return "да" if value else "нет"
    if isinstance(kind, hyperdb.Date):
        return value.local(db.getUserTimezone()).pretty("%d.%m.%Y %H:%M")
    return str(value)


def options(db, classname, prop):
    """What may be chosen: (stored value, text), or ``None`` where the text is free."""
    kind = db.getclass(classname).getprops()[prop]
    if (classname, prop) in CHOICES:
        return list(CHOICES[classname, prop].items())
    if isinstance(kind, hyperdb.Boolean):
        return [("yes", "да"), ("no", "нет")]
    if isinstance(kind, hyperdb.Link):
        target = db.getclass(kind.classname)
        name = target.labelprop()
        found = [(i, str(target.get(i, name) or i)) for i in target.getnodeids(retired=False)]
        return sorted(found, key=lambda pair: pair[1].lower())
    return None


def _given(form, name):
    value = form.getfirst(name) if name in form else ""
    return value.decode() if isinstance(value, bytes) else (value or "").strip()


def _columns(client, columns, asked, sort, link):
    """Heads of the list: label, link that sorts by it, filter as asked."""
    classname = client.classname
    return [
        {
            "name": c,
            "label": label(classname, c),
            "sort": link(sort=("-" if sort == c else "") + c),
            "mark": {c: "▲", "-" + c: "▼"}.get(sort, ""),
            "value": asked.get(c, ""),
            "options": options(client.db, classname, c) or [],
        }
        for c in columns
    ]


def _row(client, columns, nodeid):
    """One line of the list."""
    db, classname = client.db, client.classname
    cells = []
    for c in columns:
        value = db.getclass(classname).get(nodeid, c)
        state = "state " + (value or "") if c == "status" else ""
        cells.append({"text": shown(db, classname, c, value), "state": state})
    return {"href": classname + nodeid, "cells": cells}


def listing(client):
    """The list page: filters as asked, one page of rows, sorted by a column."""
    db, classname, form = client.db, client.classname, client.form
    columns = CLASSES.get(classname, ("", "", ("id",)))[2]
    cl = db.getclass(classname)
    asked = {c: _given(form, c) for c in columns if _given(form, c)}
    spec = {c: [v] if isinstance(cl.getprops()[c], hyperdb.Link) else v for c, v in asked.items()}
    sort = _given(form, "@sort")
    sort = sort if sort.removeprefix("-") in columns else columns[0]
    ids = cl.filter_with_permissions(None, spec, sort=[("-" if sort.startswith("-") else "+", sort.removeprefix("-"))])
    page = max(1, int(_given(form, "@page"))) if _given(form, "@page").isdigit() else 1
    pages = max(1, -(-len(ids) // PAGE))

    def link(**change):
        return classname + "?" + urlencode({**asked, "@sort": sort, **{"@" + k: v for k, v in change.items()}})

    return {
        "columns": _columns(client, columns, asked, sort, link),
        "rows": [_row(client, columns, i) for i in ids[(page - 1) * PAGE : page * PAGE]],
        "total": len(ids),
        "page": page,
        "pages": pages,
        "sort": sort,
        "filtered": bool(asked),
        "previous": link(page=page - 1) if page > 1 else "",
        "next": link(page=page + 1) if page < pages else "",
    }


def fields(client):
    """The form of one item; what the person typed survives a refused edit."""
    db, classname, nodeid, form = client.db, client.classname, client.nodeid, client.form
    cl, uid = db.getclass(classname), client.userid
    verb = "Edit" if nodeid else "Create"
    found = []
    for prop in FORMS.get(classname, CLASSES.get(classname, ("", "", ()))[2]):
        kind = cl.getprops()[prop]
        secret = isinstance(kind, hyperdb.Password)
        value = None if secret or not nodeid else cl.get(nodeid, prop)
        if isinstance(kind, hyperdb.Boolean) and value is not None:
            value = "yes" if value else "no"
        typed = _given(form, prop)
        choice = options(db, classname, prop)
        editable = db.security.hasPermission(verb, uid, classname, property=prop, itemid=nodeid or None)
        found.append(
            {
                "name": prop,
                "label": label(classname, prop),
                "value": "" if secret else (typed or str(value or "")),
                "text": "" if secret or not nodeid else shown(db, classname, prop, cl.get(nodeid, prop)),
                "options": choice or [],
                "choice": choice is not None,
                "area": prop in AREAS,
                "secret": secret,
                "readonly": not editable,
                "hint": "ведёт бухгалтерия в 1С" if classname == "equipment" and prop in BOOK_OWNED else "",
                "empty": "-1" if isinstance(kind, hyperdb.Link) else "",
            }
        )
    return found


def history(client):
    """Who changed what, newest first."""
    db, classname, nodeid = client.db, client.classname, client.nodeid
    if not nodeid:
        return []
    cl = db.getclass(classname)
    rows = []
    for _, when, who, action, data in reversed(cl.history(nodeid)):
        changed = [label(classname, p) for p in (data or {}) if p in LABELS] if action == "set" else []
        if action not in ACTIONS or (action == "set" and not changed):
            continue
        rows.append(
            {
                "when": when.local(db.getUserTimezone()).pretty("%d.%m.%Y %H:%M"),
                "who": db.user.get(who, "realname") or db.user.get(who, "username"),
                "what": ", ".join(changed) or ACTIONS[action],
            }
        )
    return rows[:20]


def messages(client):
    """The conversation of a ticket, oldest first."""
    db = client.db
    if client.classname != "issue" or not client.nodeid:
        return []
    return [
        {
            "who": db.user.get(db.msg.get(m, "author"), "realname") or "",
            "when": db.msg.get(m, "date").local(db.getUserTimezone()).pretty("%d.%m.%Y %H:%M"),
            "text": db.msg.get(m, "content"),
        }
        for m in db.issue.get(client.nodeid, "messages")
    ]


def init(instance):
    """Called by Roundup: makes the functions reachable from templates as ``utils.NAME``."""
    for function in (title, menu, listing, fields, history, messages):
        instance.registerUtil("desk_" + function.__name__, function)
