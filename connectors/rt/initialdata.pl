# What uchet needs in a Request Tracker 5, as initialdata. Load it as the user RT runs under:
#
#   UCHET_DESK_PASSWORD=... rt-setup-database --action insert --skip-create --datafile FILE
#
# UCHET_DESK_PASSWORD becomes the password of the service account where that does not exist yet.
# UCHET_APPROVERS is a list of logins, in the order in which they approve a purchase; without it one approval is made
# that anybody of the group «Согласование закупок» may take.
#
# Everything is looked for first: the file may be loaded again after a new version of uchet, and what people changed
# (names of choices, order, descriptions) stays. RT exits with 0 whatever happens here: look for [error] in its output.
use strict;
use warnings;
use utf8;

our ( @Final, @Initial );

my $LOGIN   = $ENV{UCHET_DESK_USER} || 'uchet';
my $MARKER  = 'Ключ uchet';
my $ASSETS  = 'RT::Catalog-RT::Asset';
my $TICKETS = 'RT::Queue-RT::Ticket';
my $USERS   = 'RT::User';

my ( $ORGS, $DEPTS, $PLACES, $THINGS ) = ( 'Организации', 'Подразделения', 'Места', 'Оборудование' );
my ( $BUY, $STOCK ) = ( 'Закупки', 'Расходные материалы' );

my %CATALOGS = (
    $ORGS   => 'Организации из 1С',
    $DEPTS  => 'Подразделения из 1С',
    $PLACES => 'Склады и помещения',
    $THINGS => 'ИТ-оборудование',
);
my %QUEUES = ( $BUY => 'Заявки на закупку', $STOCK => 'Движение расходных материалов' );

# A pattern that does not match the empty string would make its field mandatory.
my $MONEY = '^(?:-?\d{1,15}(?:\.\d{1,6})?)?$';
my $ID    = '^\d*$';
my $SHOW  = '__WebPath__/Asset/Display.html?id=__CustomField__';

# name, type, where it applies, more
my @FIELDS = (
    [ $ASSETS, $MARKER, 'Freeform', [ $ORGS, $DEPTS, $PLACES, $THINGS ], UniqueValues => 1 ],
    [ $ASSETS, 'ИНН', 'Freeform', [$ORGS], Pattern => '^\d*$' ],
    [ $ASSETS, 'Код', 'Freeform', [ $DEPTS, $PLACES ] ],
    [ $ASSETS, 'Вид места', 'Select', [$PLACES], Values => [ 'Филиал', 'Склад', 'Помещение' ] ],
    [ $ASSETS, 'Организация', 'Freeform', [ $DEPTS, $THINGS ], Pattern => $ID, LinkValueTo => $SHOW ],
    [ $ASSETS, 'Инвентарный номер', 'Freeform', [$THINGS], UniqueValues => 1 ],
    [ $ASSETS, 'Наименование по учёту', 'Freeform', [$THINGS] ],
    [ $ASSETS, 'Вид учёта', 'Select', [$THINGS], Values => [ 'Основное средство', 'Малоценное' ] ],
    [ $ASSETS, 'Подразделение', 'Freeform', [$THINGS], Pattern => $ID, LinkValueTo => $SHOW ],
    [ $ASSETS, 'Введено в эксплуатацию', 'Date', [$THINGS] ],
    [ $ASSETS, 'Первоначальная стоимость', 'Freeform', [$THINGS], Pattern => $MONEY ],
    [ $ASSETS, 'Заводской номер', 'Freeform', [$THINGS] ],
    [ $ASSETS, 'Модель', 'Freeform', [$THINGS] ],
    [ $ASSETS, 'Место', 'Freeform', [$THINGS], Pattern => $ID, LinkValueTo => $SHOW ],
    [ $ASSETS, 'Состояние', 'Select', [$THINGS],
        Values => [ 'Используется', 'На складе', 'Неисправно', 'В ремонте', 'Списано' ] ],
    [ $ASSETS, 'Примечание', 'Text', [$THINGS] ],
    [ $TICKETS, $MARKER, 'Freeform', [ $BUY, $STOCK ], UniqueValues => 1 ],
    [ $TICKETS, 'Номенклатура', 'Freeform', [ $BUY, $STOCK ] ],
    [ $TICKETS, 'Количество', 'Freeform', [ $BUY, $STOCK ], Pattern => '^(?:-?\d{1,12}(?:\.\d{1,3})?)?$' ],
    [ $TICKETS, 'Единица', 'Freeform', [ $BUY, $STOCK ] ],
    [ $TICKETS, 'Цена', 'Freeform', [$BUY], Pattern => $MONEY ],
    [ $TICKETS, 'Статья бюджета', 'Freeform', [$BUY] ],
    [ $TICKETS, 'Нужно к', 'Date', [$BUY] ],
    [ $TICKETS, 'Склад', 'Freeform', [$STOCK] ],
    [ $TICKETS, 'Вид движения', 'Select', [$STOCK],
        Values => [ 'Поступление', 'Выдача', 'Возврат', 'Списание', 'Перемещение' ] ],
    [ $TICKETS, 'Передано в 1С', 'DateTime', [ $BUY, $STOCK ] ],
    [ $USERS, 'Табельный номер', 'Freeform', undef ],
    [ $USERS, 'Организация', 'Freeform', undef, Pattern => $ID, LinkValueTo => $SHOW ],
    [ $USERS, 'Подразделение', 'Freeform', undef, Pattern => $ID, LinkValueTo => $SHOW ],
);

# The least that reading and writing through REST 2 needs. Granted globally: a right on single queues or catalogs
# leaves holes in the listings and hides how many records there are.
my @RIGHTS = qw(
    ShowCatalog ShowAsset CreateAsset ModifyAsset
    SeeQueue ShowTicket CreateTicket ModifyTicket DeleteTicket ReplyToTicket CommentOnTicket ShowTicketComments
    SeeCustomField ModifyCustomField SetInitialCustomField SeeGroup AdminUsers
);

sub fresh { my $class = shift; return $class->new( RT->SystemUser ) }

sub must {
    my ( $what, $ok, $message ) = @_;
    RT->Logger->error( "uchet: $what: " . ( $message // '' ) ) unless $ok;
    return $ok;
}

sub named {
    my ( $class, $name, %more ) = @_;
    my $object = fresh($class);
    $object->Load($name);
    must( "$class $name", $object->Create( Name => $name, %more ) ) unless $object->Id;
    return $object;
}

# The description of the marker tells this RT from a copy of it made for tests.
sub identity { return join '', map { sprintf '%08x', int rand 2**32 } 1 .. 4 }

sub field {
    my ( $lookup, $name, $type, $where, %more ) = @_;
    my $values = delete $more{Values} || [];
    my $field  = fresh('RT::CustomField');
    $field->LoadByCols( Name => $name, LookupType => $lookup, Disabled => 0 );
    unless ( $field->Id ) {
        $more{Description} = 'Заполняет uchet; uchet-identity:' . identity() if $name eq $MARKER && $lookup eq $ASSETS;
        must( "field $name",
            $field->Create( Name => $name, Type => $type, MaxValues => 1, LookupType => $lookup, %more ) ) or return;
    }
    # Versions of this file before the marker was unique made the field otherwise.
    must( "unique $name", $field->SetUniqueValues(1) ) if $more{UniqueValues} && !$field->UniqueValues;
    if ( $type eq 'Select' ) {
        my %have = map { $_->Name => 1 } @{ $field->Values->ItemsArrayRef };
        my $order = 0;
        for my $value (@$values) {
            $order++;
            must( "value $value", $field->AddValue( Name => $value, SortOrder => $order ) ) unless $have{$value};
        }
    }
    my @objects = map {
        my $object = fresh( $lookup eq $ASSETS ? 'RT::Catalog' : $lookup eq $TICKETS ? 'RT::Queue' : 'RT::User' );
        $object->Load($_) if defined $_;
        $object;
    } $where ? @$where : (undef);
    for my $object (@objects) {
        next if $field->IsAdded( $object->Id ) || $field->IsAdded(0);
        must( "field $name on " . ( $object->Id ? $object->Name : 'all' ), $field->AddToObject($object) );
    }
}

sub account {
    my $user = fresh('RT::User');
    $user->Load($LOGIN);
    if ( !$user->Id ) {
        my $password = $ENV{UCHET_DESK_PASSWORD};
        return must( "account $LOGIN", 0, 'UCHET_DESK_PASSWORD is not set' ) unless $password;
        # Basic logins reach RT as bytes and its own pages as characters: only where they are the same do both fit.
        return must( "account $LOGIN", 0, 'the password must be of Latin letters, digits and signs' )
            if $password =~ /[^\x20-\x7e]/;
        # Lang: RT's own answers to a reply fail where they hold Cyrillic. Timezone: RT moves a DateTime field by the
        # zone of whoever writes it, whatever zone the value names.
        must( "account $LOGIN", $user->Create(
            Name => $LOGIN, RealName => 'uchet', Password => $password, Privileged => 1, Lang => 'en',
            Timezone => 'UTC' ) ) or return;
    }
    return $user;
}

sub team {
    my ( $name, $description ) = @_;
    my $group = fresh('RT::Group');
    $group->LoadUserDefinedGroup($name);
    must( "group $name", $group->CreateUserDefinedGroup( Name => $name, Description => $description ) )
        unless $group->Id;
    return $group;
}

sub grant {
    my ( $group, $object, @rights ) = @_;
    for my $right (@rights) {
        next if $group->PrincipalObj->HasRight( Right => $right, Object => $object );
        must( "right $right", $group->PrincipalObj->GrantRight( Right => $right, Object => $object ) );
    }
}

sub approvals {
    my @approvers = grep { length } split /\s*,\s*/, $ENV{UCHET_APPROVERS} || '';
    my ( $text, $before ) = ( '', '' );
    for my $step ( 1 .. ( @approvers || 1 ) ) {
        my $owner = $approvers[ $step - 1 ];
        $text .= "===Create-Ticket: step$step\nQueue: ___Approvals\nType: approval\n";
        $text .= "Owner: $owner\n" if defined $owner;
        $text .= "Requestors: {\$Tickets{TOP}->RequestorAddresses}\n";
        $text .= "Subject: Согласование заявки {\$Tickets{TOP}->Id}: {\$Tickets{TOP}->Subject}\n";
        $text .= "Depends-On: {\$Tickets{'$before'} ? \$Tickets{'$before'}->Id : ''}\n" if $before;
        $text .= "Depended-On-By: TOP\nContent-Type: text/plain\n";
        $text .= "Content: Заявка на закупку {\$Tickets{TOP}->Id} ждёт решения.\nENDOFCONTENT\n";
        $before = "create-step$step";
    }
    my $queue    = named( 'RT::Queue', $BUY );
    my $name     = 'Согласование закупки (uchet)';
    my $template = fresh('RT::Template');
    $template->LoadByName( Name => $name, Queue => $queue->Id );
    return if $template->Id;    # people may have made it their own
    must( "template $name",
        $template->Create( Queue => $queue->Id, Name => $name, Type => 'Perl', Content => $text ) ) or return;
    must( "scrip $name", fresh('RT::Scrip')->Create(
        Queue => $queue->Id, Description => $name, ScripCondition => 'On Create', ScripAction => 'Create Tickets',
        Template => $template->Id ) );
}

@Final = (
    sub {
        named( 'RT::Catalog', $_, Description => $CATALOGS{$_}, Lifecycle => 'assets' ) for sort keys %CATALOGS;
        named( 'RT::Queue', $_, Description => $QUEUES{$_}, Lifecycle => 'default' ) for sort keys %QUEUES;
        field(@$_) for @FIELDS;
        my $service = team( 'uchet', 'Служебная запись uchet' );
        grant( $service, RT->System, @RIGHTS );
        if ( my $user = account() ) {
            must( 'membership', $service->AddMember( $user->PrincipalId ) )
                unless $service->HasMember( $user->PrincipalId );
        }
        my $approvers = team( 'Согласование закупок', 'Решают, что покупать' );
        my $where     = fresh('RT::Queue');
        $where->Load('___Approvals');
        grant( $approvers, $where,
            qw(SeeQueue ShowTicket ModifyTicket OwnTicket TakeTicket ReplyToTicket CommentOnTicket) );
        for my $login ( grep { length } split /\s*,\s*/, $ENV{UCHET_APPROVERS} || '' ) {
            my $user = fresh('RT::User');
            $user->Load($login);
            must( "approver $login", $user->Id, 'no such user' ) or next;
            must( "approver $login", $approvers->AddMember( $user->PrincipalId ) )
                unless $approvers->HasMember( $user->PrincipalId );
        }
        approvals();
    },
);

1;
