class Migration(:
