from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = 'shop'


class OldShopConfig(AppConfig):
    name = 'shop'
    label = 'oldshop'
