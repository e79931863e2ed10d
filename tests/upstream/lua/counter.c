/* SPDX-License-Identifier: Apache-2.0 */
/* A Lua module in C for the smoke test: loaded by require(), calls back into Lua, throws an error over
 * C frames (longjmp), owns an object that the collector frees. */
#include <lauxlib.h>
#include <lua.h>

static int freed;

static int counter_gc(lua_State *L)
{
    luaL_checkudata(L, 1, "counter");
    freed++;
    return 0;
}

static int counter_add(lua_State *L)
{
    lua_Integer *c = luaL_checkudata(L, 1, "counter");
    *c += luaL_checkinteger(L, 2);
    lua_pushinteger(L, *c);
    return 1;
}

static int counter_new(lua_State *L)
{
    lua_Integer *c = lua_newuserdatauv(L, sizeof *c, 0);
    *c = 0;
    luaL_setmetatable(L, "counter");
    return 1;
}

static int counter_freed(lua_State *L)
{
    lua_pushinteger(L, freed);
    return 1;
}

static int each(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_pushvalue(L, 2);
        lua_pushinteger(L, i);
        lua_call(L, 1, 0);
    }
    return 0;
}

static int fail(lua_State *L)
{
    return luaL_error(L, "failed with %s", luaL_checkstring(L, 1));
}

int luaopen_counter(lua_State *L)
{
    static const luaL_Reg methods[] = {{"add", counter_add}, {"__gc", counter_gc}, {0, 0}};
    static const luaL_Reg functions[] = {
        {"new", counter_new}, {"freed", counter_freed}, {"each", each}, {"fail", fail}, {0, 0}};
    luaL_newmetatable(L, "counter");
    luaL_setfuncs(L, methods, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, functions);
    return 1;
}
