from django.http import JsonResponse
from django.urls import path

from orders.models import Order


def list_orders(request):
    return JsonResponse({"orders": list(Order.objects.order_by("id").values("id", "customer", "shipped_at")[:100])})


urlpatterns = [path("orders", list_orders)]
