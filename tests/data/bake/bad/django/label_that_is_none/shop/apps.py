from django.apps import AppConfig


class ShopConfig(AppConfig):
    label = 'the.shop'
