"""A small base: a catalog, a document with rows, a register written by documents, one that is not, and balances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
import responses

from uchet.connectors.http import Retries
from uchet.connectors.onec import metadata
from uchet.connectors.onec.metadata import Index
from uchet.connectors.onec.odata import OnecConnector
from uchet.connectors.onec.values import Codec

ROOT = "http://1c.test/base/odata/standard.odata"

EDMX = """<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0"><edmx:DataServices>
<Schema xmlns="http://schemas.microsoft.com/ado/2009/11/edm" Namespace="StandardODATA">
<EntityType Name="Catalog_Склады"><Key><PropertyRef Name="Ref_Key"/></Key>
 <Property Name="Ref_Key" Type="Edm.Guid" Nullable="false"/><Property Name="DataVersion" Type="Edm.String"/>
 <Property Name="DeletionMark" Type="Edm.Boolean"/><Property Name="Code" Type="Edm.String" MaxLength="9"/>
 <Property Name="Description" Type="Edm.String" MaxLength="25"/>
 <Property Name="ТипСклада" Type="StandardODATA.ТипыСкладов"/>
 <Property Name="Комментарий" Type="Edm.String"/></EntityType>
<EntityType Name="Document_Ввод" OpenType="true"><Key><PropertyRef Name="Ref_Key"/></Key>
 <Property Name="Ref_Key" Type="Edm.Guid" Nullable="false"/><Property Name="DataVersion" Type="Edm.String"/>
 <Property Name="DeletionMark" Type="Edm.Boolean"/><Property Name="Number" Type="Edm.String"/>
 <Property Name="Date" Type="Edm.DateTime"/><Property Name="Posted" Type="Edm.Boolean"/>
 <Property Name="Склад_Key" Type="Edm.Guid"/><Property Name="СчетУчета_Key" Type="Edm.Guid"/>
 <Property Name="Основание" Type="Edm.String"/><Property Name="Основание_Type" Type="Edm.String"/>
 <Property Name="Кратность" Type="Edm.Int64"/><Property Name="Срок" Type="Edm.Int16"/>
 <Property Name="СуммаДокумента" Type="Edm.Double"/><Property Name="Комментарий" Type="Edm.String"/>
 <Property Name="Образ" Type="Edm.Stream"/><Property Name="Образ_Type" Type="Edm.String"/>
 <Property Name="Образ_Base64Data" Type="Edm.Binary"/>
 <Property Name="Строки" Type="Collection(StandardODATA.Document_Ввод_Строки_RowType)"/>
 <NavigationProperty Name="Склад" Relationship="StandardODATA.Document_Ввод_Склад" FromRole="Begin" ToRole="End"/>
</EntityType>
<EntityType Name="InformationRegister_Места"><Key><PropertyRef Name="Recorder"/></Key>
 <Property Name="Recorder" Type="Edm.String"/><Property Name="Recorder_Type" Type="Edm.String"/>
 <Property Name="RecordSet" Type="Collection(StandardODATA.InformationRegister_Места_RowType)"/></EntityType>
<EntityType Name="InformationRegister_Места_RecordType"><Key><PropertyRef Name="Period"/><PropertyRef Name="Recorder"/>
 <PropertyRef Name="Recorder_Type"/><PropertyRef Name="Вещь_Key"/><PropertyRef Name="Организация_Key"/></Key>
 <Property Name="Period" Type="Edm.DateTime"/><Property Name="Recorder" Type="Edm.String"/>
 <Property Name="Recorder_Type" Type="Edm.String"/><Property Name="Вещь_Key" Type="Edm.Guid"/>
 <Property Name="Организация_Key" Type="Edm.Guid"/><Property Name="Состояние" Type="Edm.String"/></EntityType>
<EntityType Name="InformationRegister_Сведения" OpenType="true"><Key><PropertyRef Name="Объект"/>
 <PropertyRef Name="Объект_Type"/><PropertyRef Name="Свойство_Key"/></Key>
 <Property Name="Объект" Type="Edm.String"/><Property Name="Объект_Type" Type="Edm.String"/>
 <Property Name="Свойство_Key" Type="Edm.Guid"/><Property Name="Значение" Type="Edm.String"/></EntityType>
<EntityType Name="AccountingRegister_Учет"><Key><PropertyRef Name="Recorder"/></Key>
 <Property Name="Recorder" Type="Edm.String"/></EntityType>
<Association Name="Document_Ввод_Склад"><End Role="Begin" Type="StandardODATA.Document_Ввод" Multiplicity="*"/>
 <End Role="End" Type="StandardODATA.Catalog_Склады" Multiplicity="0..1"/></Association>
<ComplexType Name="Document_Ввод_Строки_RowType"><Property Name="Ref_Key" Type="Edm.Guid"/>
 <Property Name="LineNumber" Type="Edm.Int64"/><Property Name="Количество" Type="Edm.Double"/>
 <Property Name="Значение" Type="Edm.String"/><Property Name="Значение_Type" Type="Edm.String"/>
 <Property Name="Имя" Type="Edm.String" MaxLength="10"/></ComplexType>
<ComplexType Name="AccountingRegister_Учет_Balance"><Property Name="Account_Key" Type="Edm.Guid"/>
 <Property Name="ExtDimension1" Type="Edm.String"/><Property Name="ExtDimension1_Type" Type="Edm.String"/>
 <Property Name="КоличествоBalance" Type="Edm.Double"/></ComplexType>
<EnumType Name="ТипыСкладов"><Member Name="Оптовый"/></EnumType>
<EnumType Name="AllowedLength"/><EnumType Name="AllowedLength"/>
<EntityContainer Name="EnterpriseV8">
 <EntitySet Name="Catalog_Склады" EntityType="StandardODATA.Catalog_Склады"/>
 <EntitySet Name="Document_Ввод" EntityType="StandardODATA.Document_Ввод"/>
 <EntitySet Name="InformationRegister_Места" EntityType="StandardODATA.InformationRegister_Места"/>
 <EntitySet Name="InformationRegister_Места_RecordType"
  EntityType="StandardODATA.InformationRegister_Места_RecordType"/>
 <EntitySet Name="InformationRegister_Сведения" EntityType="StandardODATA.InformationRegister_Сведения"/>
 <EntitySet Name="AccountingRegister_Учет" EntityType="StandardODATA.AccountingRegister_Учет"/>
 <FunctionImport Name="SliceLast" IsBindable="true" IsSideEffecting="false"
  ReturnType="Collection(StandardODATA.InformationRegister_Места_RecordType)">
  <Parameter Name="bindingParameter" Type="StandardODATA.InformationRegister_Места_RecordType"/>
  <Parameter Name="Condition" Type="Edm.String"/><Parameter Name="Period" Type="Edm.DateTime"/></FunctionImport>
 <FunctionImport Name="Balance" IsBindable="true"
  ReturnType="Collection(StandardODATA.AccountingRegister_Учет_Balance)">
  <Parameter Name="bindingParameter" Type="StandardODATA.AccountingRegister_Учет"/>
  <Parameter Name="Period" Type="Edm.DateTime"/><Parameter Name="AccountCondition" Type="Edm.String"/></FunctionImport>
 <FunctionImport Name="Post" IsBindable="true" IsSideEffecting="true">
  <Parameter Name="bindingParameter" Type="StandardODATA.Document_Ввод"/></FunctionImport>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""


@pytest.fixture(scope="session")
def edmx() -> bytes:
    return EDMX.encode()


@pytest.fixture(scope="session")
def index(edmx: bytes) -> Index:
    return metadata.parse(edmx)


@pytest.fixture
def codec(index: Index) -> Codec:
    return Codec(index, ZoneInfo("Europe/Moscow"))


@pytest.fixture
def root() -> str:
    return ROOT


@pytest.fixture
def web(edmx: bytes) -> Iterator[responses.RequestsMock]:
    """Scripted answers at ``ROOT``; ``$metadata`` is there."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{ROOT}/$metadata", body=edmx, content_type="application/xml")
        yield mock


@pytest.fixture
def connect() -> Iterator[Callable[..., OnecConnector]]:
    """Makes connectors to the scripted base that neither wait nor stay open."""
    made: list[OnecConnector] = []

    def connect(**settings: object) -> OnecConnector:
        given = {"url": "http://1c.test/base", "retries": Retries(attempts=2, first=0.0), **settings}
        connector = OnecConnector(**given)  # type: ignore[arg-type]
        made.append(connector)
        return connector

    yield connect
    for connector in made:
        connector.close()
