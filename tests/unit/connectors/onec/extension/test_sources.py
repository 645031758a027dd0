"""The sources of our extension hang together: description, XDTO package, metadata, WSDL and code name the same things.

No platform has loaded them: what is checked is their structure, and that they say what the emulator serves.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import mdclasses
import pytest
from lxml import etree

import uchet
from uchet.connectors.onec.extension.client import SERVICE
from uchet.emulator import bp30
from uchet.emulator.soap.describing import extension_services, extension_types
from uchet.emulator.soap.sources import files
from uchet.emulator.soap.wsdl import wsdl

SRC = Path(uchet.__file__).parent / "connectors" / "onec" / "extension" / "src"
MD = "{http://v8.1c.ru/8.3/MDClasses}"
FORM = "{http://v8.1c.ru/8.3/xcf/logform}"
RIGHTS = "{http://v8.1c.ru/8.2/roles}"
PROCEDURE = re.compile(r"^(Функция|Процедура) (\w+)\((.*?)\)( Экспорт)?$", re.MULTILINE)
FOLDERS = {
    "Language": "Languages",
    "Role": "Roles",
    "CommonModule": "CommonModules",
    "EventSubscription": "EventSubscriptions",
    "XDTOPackage": "XDTOPackages",
    "WebService": "WebServices",
    "Catalog": "Catalogs",
    "InformationRegister": "InformationRegisters",
}


def service_module() -> str:
    return (SRC / "WebServices" / SERVICE / "Ext" / "Module.bsl").read_text(encoding="utf-8")


def common_module() -> str:
    return (SRC / "CommonModules" / "ИТОбмен" / "Ext" / "Module.bsl").read_text(encoding="utf-8")


def declared(text: str) -> dict[str, tuple[list[str], bool]]:
    """Procedures and functions: names of their parameters, and whether they are seen from outside."""
    found = {}
    for match in PROCEDURE.finditer(text):
        parameters = [part.split("=")[0].replace("Знач ", "").strip() for part in match[3].split(",") if part.strip()]
        assert match[2] not in found, match[2]
        found[match[2]] = (parameters, bool(match[4]))
    return found


def code(text: str) -> str:
    """The text without comments and string literals."""
    lines = "\n".join(line for line in text.splitlines() if not line.strip().startswith("//"))
    return re.sub(r'"[^"\n]*"', '""', re.sub(r"\n\s*\|", "|", lines))


# --- one description


def test_what_follows_from_the_description_is_what_stands_there() -> None:
    made = dict(files())
    assert len(made) == 3
    for name, text in made.items():
        assert (SRC / name).read_text(encoding="utf-8") == text, f"python -m uchet.emulator.soap.sources {SRC}"


def test_package_and_metadata_read_back_are_the_service_that_is_served() -> None:
    package = mdclasses.xdto_package(SRC / "XDTOPackages" / SERVICE / "Ext" / "Package.bin")
    read = mdclasses.web_service(SRC / "WebServices" / f"{SERVICE}.xml", {SERVICE: package})
    served = extension_services()[SERVICE]
    assert read == served
    assert wsdl(read, "http://x/") == wsdl(served, "http://x/")
    assert [item.name for item in served.operations] == [
        "Ping", "GetChanges", "AckChanges", "GetObjects", "GetBalances", "PutObjects", "PostDocument", "GetOperation"
    ]  # fmt: skip


def test_each_operation_has_its_function_with_its_parameters_in_order() -> None:
    found = declared(service_module())
    for item in extension_services()[SERVICE].operations:
        assert found.pop(item.name)[0] == [one.name for one in item.parameters], item.name
    assert not found  # nothing else stands in the module of the service


def test_the_code_makes_and_fills_only_what_the_package_has() -> None:
    package = extension_services()[SERVICE].packages[0]
    kinds = {kind.name: {item.name for item in kind.elements} for kind in package.types}  # type: ignore[union-attr]
    text = service_module() + common_module()
    made = re.findall(r'(\w+) = (?:ИТОбмен\.)?НовыйОбъект\("(\w+)"\);', text)
    assert {kind for _, kind in made} >= kinds.keys() - {"NameList", "ObjectList"}
    for part in re.split(r"\n(?=Функция |Процедура )", text):
        for variable, kind in re.findall(r'(\w+) = (?:ИТОбмен\.)?НовыйОбъект\("(\w+)"\);', part):
            used = set(re.findall(rf"^\s*{variable}\.(\w+)(?: = |\.Добавить)", part, re.MULTILINE))
            others = {k for v, k in re.findall(r'(\w+) = (?:ИТОбмен\.)?НовыйОбъект\("(\w+)"\);', part) if v == variable}
            assert used <= set().union(*(kinds[one] for one in others)), (variable, kind, used)


def test_the_types_are_those_that_are_served() -> None:
    listed = common_module().partition("Имена = СтрРазделить(")[2].partition("Символы.ПС")[0]
    assert tuple(re.findall(r"[А-Я]\w+\.\w+", listed)) == extension_types()


# --- the code itself


@pytest.mark.parametrize("module", [service_module, common_module])
def test_blocks_close_and_what_is_called_is_there(module: Any) -> None:
    text = code(module())
    for opening, closing in (
        (r"(?<!Конец)Функция ", "КонецФункции"),
        (r"(?<!Конец)Процедура ", "КонецПроцедуры"),
        (r"(?<!Иначе)\bЕсли ", "КонецЕсли;"),
        (r"\bЦикл$", "КонецЦикла;"),
        (r"\bПопытка$", "КонецПопытки;"),
        (r"#Область ", "#КонецОбласти"),
        (r"\(", ")"),
    ):
        count = len(re.findall(opening, text, re.MULTILINE))
        assert count == text.count(closing), opening
    own, common = declared(module()), declared(common_module())
    for name, inside in re.findall(r"(?<![.\w])ИТОбмен\.(\w+)(\()", text):
        assert common[name][1], f"{name} is not seen from outside"
        assert inside
    # What is called by its bare name is the platform's or stands in the module.
    platform = {
        "НСтр", "СтрШаблон", "Формат", "Тип", "ТипЗнч", "СтрРазделить", "СтрСоединить", "СокрЛП", "НРег",
        "Строка", "Число", "XMLСтрока", "XMLЗначение", "Макс", "Мин", "ЗначениеЗаполнено", "СтрДлина",
        "СтрНачинаетсяС", "ТекущаяДатаСеанса", "ТекущаяУниверсальнаяДата", "УстановитьПривилегированныйРежим",
        "НачатьТранзакцию", "ЗафиксироватьТранзакцию", "ОтменитьТранзакцию", "ЗаполнитьЗначенияСвойств",
        "КраткоеПредставлениеОшибки", "ИнформацияОбОшибке", "ПолучитьHexСтрокуИзДвоичныхДанных", "Структура",
        "Запрос", "УникальныйИдентификатор", "ХешированиеДанных", "В", "И", "Если", "Или", "Не",
    }  # fmt: skip
    called = set(re.findall(r"(?<![.\w])(\w+)\(", PROCEDURE.sub("", text)))
    assert called - platform - own.keys() - {""} == set()


def test_calls_give_as_many_parameters_as_are_declared() -> None:
    common = declared(common_module())
    for name, arguments in re.findall(r"ИТОбмен\.(\w+)\(([^()]*)\)", code(service_module())):
        count = len([part for part in arguments.split(",") if part.strip()])
        assert count == len(common[name][0]), name


# --- the tree


def test_the_configuration_lists_what_lies_there_and_nothing_else() -> None:
    top = etree.parse(str(SRC / "Configuration.xml")).getroot()[0]
    listed = {(etree.QName(item).localname, str(item.text)) for item in top.find(f"{MD}ChildObjects")}
    there = {(kind, path.stem) for kind, folder in FOLDERS.items() for path in (SRC / folder).glob("*.xml")}
    assert listed == there
    properties = top.find(f"{MD}Properties")
    prefix = properties.findtext(f"{MD}NamePrefix")
    for kind, name in listed:
        card = etree.parse(str(SRC / FOLDERS[kind] / f"{name}.xml")).getroot()[0]
        assert etree.QName(card).localname == kind
        assert card.findtext(f"{MD}Properties/{MD}Name") == name
        adopted = card.findtext(f"{MD}Properties/{MD}ObjectBelonging") == "Adopted"
        assert adopted or name.startswith((prefix, SERVICE)), name
    assert properties.findtext(f"{MD}KeepMappingToExtendedConfigurationObjectsByIDs") == "false"  # by name: any release


def test_identifiers_never_repeat() -> None:
    seen: Counter[str] = Counter()
    for path in SRC.rglob("*.xml"):
        for item in etree.parse(str(path)).getroot().iter():
            seen.update(value for name, value in item.attrib.items() if name == "uuid")
            if isinstance(item.tag, str) and etree.QName(item).localname in ("TypeId", "ValueId", "ObjectId"):
                seen[str(item.text)] += 1
    assert len(seen) > 60
    assert [value for value, count in seen.items() if count > 1] == []


def register(name: str) -> dict[str, tuple[str, str]]:
    """Field → what it is and its type, a length behind it."""
    top = etree.parse(str(SRC / "InformationRegisters" / f"{name}.xml")).getroot()[0]
    found = {}
    for item in top.find(f"{MD}ChildObjects"):
        told = item.find(f"{MD}Properties")
        if told is not None:
            kind = told.findtext(f"{MD}Type/{{*}}Type")
            length = told.findtext(f"{MD}Type/{{*}}StringQualifiers/{{*}}Length")
            found[str(told.findtext(f"{MD}Name"))] = (etree.QName(item).localname, f"{kind} {length or ''}".strip())
    return found


def test_the_register_of_it_assets_is_the_one_that_the_mappings_fill_with_a_column_for_each_field() -> None:
    found = register("ИТАктивы")
    kind = bp30.model().type_of("InformationRegister_ИТАктивы")
    assert kind is not None
    expected = {}
    for prop in kind.properties.values():
        name = prop.name.removesuffix("_Key")
        what = "Dimension" if prop.name in kind.keys else "Resource"
        target = kind.navigation[name].target.partition("_")[2] if prop.type == "Edm.Guid" else ""
        types = {"Edm.Guid": f"cfg:CatalogRef.{target}", "Edm.Boolean": "xs:boolean"}
        expected[name] = (what, types.get(prop.type, f"xs:string {prop.length}"))
    assert found == expected
    form = etree.parse(str(SRC / "InformationRegisters/ИТАктивы/Forms/ФормаСписка/Ext/Form.xml")).getroot()
    columns = [str(item.text) for item in form.iter(f"{FORM}DataPath")]
    assert columns == ["Список", *(f"Список.{name}" for name in found)]
    assert form.findtext(f".//{FORM}MainTable") == "InformationRegister.ИТАктивы"
    ids = [item.get("id") for item in form.find(f"{FORM}ChildItems").iter() if item.get("id")]
    assert len(ids) == len(set(ids))
    adopted = {path.stem for path in (SRC / "Catalogs").glob("*.xml")}
    assert {kind.partition(".")[2] for _, kind in found.values() if kind.startswith("cfg:")} == adopted


@pytest.mark.parametrize("name", ["ИТИзменения", "ИТПотребители", "ИТОперации"])
def test_the_code_uses_fields_that_its_registers_have(name: str) -> None:
    fields, text = register(name), common_module()
    assert f"РегистрыСведений.{name}." in text
    for part in re.split(r"\n(?=Функция |Процедура )", text):
        for variable in re.findall(rf"(\w+) = РегистрыСведений\.{name}\.СоздатьМенеджерЗаписи", part):
            others = [n for v, n in re.findall(r"(\w+) = РегистрыСведений\.(\w+)\.", part) if v == variable]
            used = set(re.findall(rf"\b{variable}\.(\w+) = ", part))
            assert used <= set().union(*(register(one) for one in others)), (variable, used)
    assert len(fields) >= 3


def test_the_role_may_call_every_operation_and_touch_its_registers_alone() -> None:
    top = etree.parse(str(SRC / "Roles/ИТОбменДанными/Ext/Rights.xml")).getroot()
    names = [str(item.text) for item in top.iterfind(f"{RIGHTS}object/{RIGHTS}name")]
    operations = {f"WebService.{SERVICE}.Operation.{item.name}" for item in extension_services()[SERVICE].operations}
    registers = {f"InformationRegister.{path.stem}" for path in (SRC / "InformationRegisters").glob("*.xml")}
    assert set(names) == operations | registers


def test_subscriptions_call_what_is_there() -> None:
    common = declared(common_module())
    for path in (SRC / "EventSubscriptions").glob("*.xml"):
        handler = etree.parse(str(path)).getroot().findtext(f".//{MD}Handler")
        module, name = str(handler).removeprefix("CommonModule.").split(".")
        assert module == "ИТОбмен"
        assert common[name] == (["Источник", "Отказ"], True)
