import asyncio


async def _two():
    await asyncio.sleep(0)
    return 2


def in_loop():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    value = loop.run_until_complete(_two())
    loop.close()  # mutate: loop.close() => pass [survived]
    asyncio.set_event_loop(None)  # mutate: asyncio.set_event_loop(None) => pass [survived]
    return value  # mutate: return value => return value + 1 [killed]


def plain():
    return asyncio.run(_two())  # mutate: asyncio.run(_two()) => 3 [killed]
