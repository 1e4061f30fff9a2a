INSERT INTO orders (id, customer) VALUES (1, 'the first customer') ON CONFLICT (id) DO NOTHING;
