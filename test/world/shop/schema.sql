-- The shop's two tables, with seed data. Safe to run again: nothing is written twice.
create table if not exists products (
  id integer primary key,
  name text not null,
  price_cents integer not null check (price_cents > 0)
);

create table if not exists orders (
  id bigint generated always as identity primary key,
  customer_id integer not null,
  product_id integer not null references products (id),
  quantity integer not null check (quantity > 0),
  price_cents integer not null,
  placed_at timestamptz not null default now()
);

-- Dropping this index is the fault "missing-index": the front page then reads the whole table.
create index if not exists orders_customer_placed_idx on orders (customer_id, placed_at desc);

insert into products (id, name, price_cents)
select n, 'Product ' || n, 100 + (n * 37) % 9900
from generate_series(1, 500) as n
on conflict (id) do nothing;

-- 200 customers with 1200 orders each, spread over the past hundred days.
insert into orders (customer_id, product_id, quantity, price_cents, placed_at)
select 1 + n % 200, 1 + (n * 7919) % 500, 1 + n % 3, 100 + (n * 37) % 9900, now() - make_interval(mins => (n * 7) % 144000)
from generate_series(1, 240000) as n
where not exists (select from orders);

analyze products;
analyze orders;
