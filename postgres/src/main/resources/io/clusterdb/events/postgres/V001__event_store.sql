-- An event store, in a PostgreSQL schema of its own. ${schema} stands for that schema's quoted name.

-- Every event, once, as it was stored. Nothing is ever changed or deleted here.
create table ${schema}.events (
    xid            xid8        not null default pg_current_xact_id(), -- the transaction that stored it
    ordinal        bigint      not null,                              -- from the sequence below; grows within a transaction
    aggregate_id   text        not null collate "C",
    aggregate_type text        not null,
    version        bigint      not null,                              -- of the aggregate with this event, from 1 on
    event_id       text        not null,
    by_id          boolean     not null,                              -- it was appended without a version: its id tells it from others
    type           text        not null,
    data_version   integer     not null,
    time           timestamptz not null,
    metadata       json        not null,                              -- texts by name
    data           json        not null,
    primary key (xid, ordinal),
    unique (aggregate_id, version)
);

create unique index events_by_id on ${schema}.events (aggregate_id, event_id) where by_id;

-- Each number stands for itself and those up to the next one: an append takes one, and has at most 10,000 events.
create sequence ${schema}.ordinals increment by 16384;

-- The order of all events: positions from 1 on, without a gap. A row gives those from first to last to the event that it
-- names and to those that follow it by (xid, ordinal), in the same life of the schema: every restore begins another. What
-- has none yet gets a higher one than all that have.
create table ${schema}.positions (
    first    bigint  not null primary key,
    last     bigint  not null,
    life     integer not null, -- how many restores there were before
    xid      xid8    not null,
    ordinal  bigint  not null,
    unique (life, xid, ordinal)
);

-- Where this schema was restored from a dump into another cluster, whose transactions count anew: the last position
-- of before, and the highest ordinal of before.
create table ${schema}.restores (
    position bigint not null primary key,
    ordinal  bigint not null
);

-- Snapshots, projections and their positions, and which projections are inline.
create table ${schema}.documents (
    collection text  not null collate "C",
    key        text  not null collate "C",
    value      bytea not null,
    primary key (collection, key)
);

-- Changes documents, in the order given; EV001 names the first that is not what it was.
create function ${schema}.change_documents(
    collections text[], keys text[], "values" bytea[], if_unchanged boolean[], befores bytea[]
) returns void language plpgsql as $$
begin
    for i in 1 .. cardinality(keys) loop
        if not if_unchanged[i] then
            if "values"[i] is null then
                delete from ${schema}.documents d where d.collection = collections[i] and d.key = keys[i];
            else
                insert into ${schema}.documents values (collections[i], keys[i], "values"[i])
                on conflict on constraint documents_pkey do update set value = excluded.value;
            end if;
            continue;
        end if;
        if befores[i] is null then -- also where none is wanted: whoever adds one meanwhile has to wait
            insert into ${schema}.documents values (collections[i], keys[i], coalesce("values"[i], ''))
            on conflict on constraint documents_pkey do nothing;
        else
            update ${schema}.documents d set value = coalesce("values"[i], '')
            where d.collection = collections[i] and d.key = keys[i] and d.value = befores[i];
        end if;
        if not found then
            raise exception 'document % of % has changed', keys[i], collections[i]
                using errcode = 'EV001', detail = i::text;
        end if;
        if "values"[i] is null then
            delete from ${schema}.documents d where d.collection = collections[i] and d.key = keys[i];
        end if;
    end loop;
end $$;

-- Stores events and changes documents. A stream is an aggregate with what is expected of the version of its last event:
-- lowest <= version <= highest. Gives null when that is not so, or an event without a version is known by its id:
-- then nothing is changed, and the caller looks why.
--
-- Rows are sorted by stream and step, so that no two calls wait for each other. What two do at once, the keys decide: at
-- a version that somebody else takes meanwhile, an insert fails. So does it for a stream that is only looked at: a row
-- without a type takes its next version until this transaction ends, and leaves nothing behind.
--
-- stream_types  null = it is only looked at
-- streams       of each row, its stream, from 1 on
-- steps         of each row, its version less that of the stream before
-- places        of each row, its place among the events of the call, from 1 on
-- heads         of each stream, the version of its last event before
-- mark          ordinal of the last event of the call
create function ${schema}.append(
    stream_ids text[], stream_types text[], lowest bigint[], highest bigint[],
    streams integer[], steps integer[], places integer[],
    event_ids text[], by_ids boolean[], types text[], data_versions integer[], times text[], metadatas text[], datas text[],
    out heads bigint[], out mark bigint
) language plpgsql as $$
declare
    fits boolean;
begin
    select array_agg(coalesce(h.version, 0) order by s.n),
           bool_and(coalesce(h.version, 0) between s.low and s.high
                    and coalesce(h.aggregate_type = s.type, true))
    into heads, fits
    from unnest(stream_ids, stream_types, lowest, highest) with ordinality s (id, type, low, high, n)
    left join lateral (
        select e.version, e.aggregate_type from ${schema}.events e
        where e.aggregate_id = s.id order by e.version desc limit 1
    ) h on true;
    if not fits then
        heads := null;
        return;
    end if;
    if true = any (by_ids) and exists (
        select from unnest(streams, event_ids, by_ids) r (stream, id, by_id)
        join ${schema}.events e on e.by_id and e.aggregate_id = stream_ids[r.stream] and e.event_id = r.id
        where r.by_id
    ) then
        heads := null;
        return;
    end if;
    with numbered as (
        select nextval('${schema}.ordinals') as ordinal, r.*
        from (
            select * from unnest(streams, steps, places, event_ids, by_ids, types, data_versions, times, metadatas, datas)
                r (stream, step, place, event_id, by_id, type, data_version, time, metadata, data)
            order by place
        ) r
    ), stored as (
        insert into ${schema}.events (ordinal, aggregate_id, aggregate_type, version, event_id, by_id, type, data_version,
            time, metadata, data)
        select r.ordinal, stream_ids[r.stream], coalesce(stream_types[r.stream], ''), heads[r.stream] + r.step,
            r.event_id, r.by_id, coalesce(r.type, ''), r.data_version, r.time::timestamptz, r.metadata::json, r.data::json
        from numbered r
        order by r.stream, r.step
        returning ordinal
    )
    select max(ordinal) into mark from stored;
    if array_position(stream_types, null) is not null then
        delete from ${schema}.events e
        using unnest(stream_ids, stream_types, heads) s (id, type, head)
        where s.type is null and e.aggregate_id = s.id and e.version = s.head + 1
            and e.type = '' and e.xid = pg_current_xact_id(); -- not what somebody else has stored there meanwhile
    end if;
end $$;

-- The inline projections, whose documents change with every append: "name build, name build", by their names.
create function ${schema}.inline_projections() returns text language sql volatile as $$
    select coalesce(string_agg(d.key || ' ' || convert_from(d.value, 'UTF8'), ', ' order by d.key), '')
    from ${schema}.documents d where d.collection = 'inline'
$$;

-- As append, together with documents. EV002 tells which projections are inline when they are not those that were reckoned
-- with: they change only while nobody appends, so they are looked at behind the lock that the append needs anyhow.
create function ${schema}.append_inline(
    stream_ids text[], stream_types text[], lowest bigint[], highest bigint[],
    streams integer[], steps integer[], places integer[],
    event_ids text[], by_ids boolean[], types text[], data_versions integer[], times text[], metadatas text[], datas text[],
    inline text, collections text[], keys text[], "values" bytea[], if_unchanged boolean[], befores bytea[],
    out heads bigint[], out mark bigint
) language plpgsql as $$
declare
    found_inline text;
begin
    lock table ${schema}.events in row exclusive mode;
    found_inline := ${schema}.inline_projections();
    if found_inline <> inline then
        raise exception 'inline projections are %', found_inline using errcode = 'EV002', detail = found_inline;
    end if;
    perform set_config('events.inline', 'reckoned with', true);
    select a.heads, a.mark into heads, mark from ${schema}.append(stream_ids, stream_types, lowest, highest, streams, steps,
        places, event_ids, by_ids, types, data_versions, times, metadatas, datas) a;
    if mark is not null then
        perform ${schema}.change_documents(collections, keys, "values", if_unchanged, befores);
    end if;
    perform set_config('events.inline', '', true);
end $$;

-- Refuses what is not stored by append_inline.
create function ${schema}.refuse_append() returns trigger language plpgsql as $$
declare
    inline text;
begin
    if coalesce(current_setting('events.inline', true), '') = '' then
        inline := ${schema}.inline_projections();
        raise exception 'inline projections are %', inline using errcode = 'EV002', detail = inline;
    end if;
    return null;
end $$;

create trigger inline before insert on ${schema}.events for each statement execute function ${schema}.refuse_append();

-- It costs nothing as long as no projection is inline.
alter table ${schema}.events disable trigger inline;

-- To be called where inline projections may have changed, with appends held up: has the others refused if there are some.
create function ${schema}.guard_appends() returns void language plpgsql as $$
begin
    if ${schema}.inline_projections() = '' then
        alter table ${schema}.events disable trigger inline;
    else
        alter table ${schema}.events enable trigger inline;
    end if;
end $$;

-- The event with the last position, 0 and nothing where this life of the schema has given none yet.
--
-- reached  the last position
-- life     how many restores there were
-- lowest   what is of this life has a higher ordinal
create function ${schema}.mark(
    out reached bigint, out xid xid8, out ordinal bigint, out life integer, out lowest bigint
) language plpgsql stable as $$
declare
    final ${schema}.positions;
begin
    select count(*), coalesce(max(r.ordinal), 0) into life, lowest from ${schema}.restores r;
    select p.* into final from ${schema}.positions p order by p.first desc limit 1;
    reached := coalesce(final.last, 0);
    if final.life = life then
        select e.xid, e.ordinal into strict xid, ordinal from ${schema}.events e
        where (e.xid, e.ordinal) >= (final.xid, final.ordinal) and e.ordinal > lowest
        order by e.xid, e.ordinal offset final.last - final.first limit 1;
    else
        xid := '0';
        ordinal := 0;
    end if;
end $$;

-- Gives the next positions to what was stored by transactions below the one named; null = to all that there is.
--
-- given  how many
-- last   the last position
create function ${schema}.number_events(below xid8, at_most bigint, out given bigint, out last bigint)
language plpgsql as $$
declare
    mark record := ${schema}.mark();
begin
    with next as (
        select e.xid, e.ordinal from ${schema}.events e
        where (e.xid, e.ordinal) > (mark.xid, mark.ordinal) and e.ordinal > mark.lowest
          and e.xid < coalesce(below, '18446744073709551615')
        order by e.xid, e.ordinal limit at_most
    ), numbered as (
        select n.xid, n.ordinal, row_number() over (order by n.xid, n.ordinal) as number, count(*) over () as count
        from next n
    ), stored as (
        insert into ${schema}.positions
        select mark.reached + n.number, mark.reached + least(n.number + 15, n.count), mark.life, n.xid, n.ordinal
        from numbered n where n.number % 16 = 1
        returning positions.last
    )
    select max(s.last) into last from stored s;
    last := coalesce(last, mark.reached);
    given := last - mark.reached;
end $$;

-- Gives the next positions, one caller at a time, to what is stored by transactions older than every one that is still
-- running, in the order of (transaction, ordinal). No event can come before these any more, so none is ever skipped;
-- and the order is the same whoever gives it, so it need not be on the disk when it is seen.
--
-- given  how many; null when somebody else is at it
-- last   the last position
create function ${schema}.give_positions(at_most integer, out given bigint, out last bigint) language plpgsql as $$
begin
    if pg_try_advisory_xact_lock(hashtextextended('io.clusterdb.events ${schema}', 0)) then
        select n.given, n.last into given, last
        from ${schema}.number_events(pg_snapshot_xmin(pg_current_snapshot()), at_most) n;
        if given > 0 then
            set local synchronous_commit = off;
            perform pg_notify('io.clusterdb.events', '${schema}');
        end if;
    else
        select p.last into last from ${schema}.positions p order by p.first desc limit 1;
        last := coalesce(last, 0);
    end if;
end $$;

-- Whether all that is stored has its positions.
create function ${schema}.has_all_positions() returns boolean language plpgsql as $$
declare
    mark record := ${schema}.mark();
begin
    return not exists (
        select from ${schema}.events e where (e.xid, e.ordinal) > (mark.xid, mark.ordinal) and e.ordinal > mark.lowest
    );
end $$;

-- To be called before the first append of a process: notices that this schema comes from a dump of another cluster,
-- whose transactions had higher numbers, gives positions to all that had none, and begins to count anew.
create function ${schema}.resume_after_restore() returns boolean language plpgsql as $$
declare
    mark record := ${schema}.mark();
    top record;
    next_xid xid8;
begin
    select e.xid, e.ordinal into top from ${schema}.events e order by e.xid desc, e.ordinal desc limit 1;
    next_xid := pg_snapshot_xmax(pg_current_snapshot()); -- behind the look: others go on appending
    if top.xid is null or not (top.xid >= next_xid and top.ordinal > mark.lowest or mark.xid >= next_xid) then
        return false;
    end if;
    lock table ${schema}.events in share row exclusive mode;
    insert into ${schema}.restores
    select n.last, (select s.last_value + 16383 from ${schema}.ordinals s) from ${schema}.number_events(null, null) n
    on conflict on constraint restores_pkey do update set ordinal = excluded.ordinal;
    return true;
end $$;
