from project.apps import ProjectConfig


class ShopConfig(ProjectConfig):
    name = 'shop'
