# Initialdata that creates the records of a JSON file (UCHET_SEED) through RT's own classes and writes their numbers
# (UCHET_SEEDED): what server.seed runs. Rows: {collection: "catalog:…" | "user", values: {name: value}}.
use strict;
use warnings;
use utf8;
use JSON ();

our @Final;

sub slurp { my $path = shift; open my $file, '<', $path or die "$path: $!"; local $/; return scalar <$file> }

my %fields;

sub field_id {
    my ( $lookup, $place, $name ) = @_;
    return $fields{"$lookup $place $name"} //= do {
        my $fields = RT::CustomFields->new( RT->SystemUser );
        $fields->LimitToLookupType($lookup);
        $fields->LimitToGlobalOrObjectId($place);
        my ($found) = grep { $_->Name eq $name } @{ $fields->ItemsArrayRef };
        die "no field $name" unless $found;
        $found->Id;
    };
}

sub asset {
    my ( $place, $values ) = @_;
    my $catalog = RT::Catalog->new( RT->SystemUser );
    $catalog->Load($place);
    my %with = ( Catalog => $catalog->Id );
    for my $name ( keys %$values ) {
        if   ( $name =~ /^CF\.(.*)/ ) { $with{ 'CustomField-' . field_id( 'RT::Catalog-RT::Asset', $catalog->Id, $1 ) } = $values->{$name} }
        else                          { $with{$name} = $values->{$name} }
    }
    my $asset = RT::Asset->new( RT->SystemUser );
    my ( $ok, @message ) = $asset->Create(%with);
    die "asset: @message" unless $ok;
    return $asset->Id;
}

sub user {
    my ($values) = @_;
    my $user = RT::User->new( RT->SystemUser );
    my %core = map { $_ => $values->{$_} } grep { !/^CF\./ } keys %$values;
    my $exists = $user->Load( $core{Name} );
    my ( $ok, $message ) = $exists ? ( 1, '' ) : $user->Create(%core);
    die "user $core{Name}: $message" unless $ok;
    for my $name ( grep {/^CF\./} keys %$values ) {
        ( $ok, $message ) = $user->AddCustomFieldValue(
            Field => field_id( 'RT::User', 0, substr( $name, 3 ) ), Value => $values->{$name} );
        die "user $core{Name}: $name: $message" unless $ok;
    }
    return $user->Id;
}

@Final = (
    sub {
        my @ids;
        $RT::Handle->BeginTransaction;    # one commit, one wait for the disk
        for my $row ( @{ JSON->new->utf8->decode( slurp( $ENV{UCHET_SEED} ) ) } ) {
            my ( $kind, $place ) = split /:/, $row->{collection}, 2;
            my $id = eval { $kind eq 'catalog' ? asset( $place, $row->{values} ) : user( $row->{values} ) };
            if ($@) { RT->Logger->error("seed: $@"); $RT::Handle->Rollback('FORCE'); return }
            push @ids, "$id";
        }
        $RT::Handle->Commit;
        open my $out, '>', $ENV{UCHET_SEEDED} or die $!;
        print $out JSON->new->encode( \@ids );
        close $out;
    },
);

1;
