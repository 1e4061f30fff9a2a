from django.apps import AppConfig


class ShopConfig(AppConfig):
    label = 'store'


class OldShopConfig(AppConfig):
    label = 'oldshop'
