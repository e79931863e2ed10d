-- SPDX-License-Identifier: Apache-2.0
-- Our own smoke test of the interpreter on QRV, where the source package brings no tests: what reaches the
-- operating system (files, processes, time, environment, numbers as text, dynamic loading), in asserts.
local n = 0
local function check(ok, what)
    n = n + 1
    if not ok then error("check " .. n .. ": " .. what, 2) end
end

-- numbers through printf and strtod
check(string.format("%.14g %a %5.1f|%-8d|%x", 0.1, 0.5, -2.25, 42, 255) == "0.1 0x1p-1  -2.2|42      |ff", "format")
check(tonumber("0x1p-1074") == 0x1p-1074 and tonumber("1e308") * 10 == math.huge, "strtod at the limits")
check(math.floor(-3.5) == -4 and 7 // -2 == -4 and -7 % 3 == 2, "floor and modulo")
check(math.abs(math.sin(math.pi)) < 1e-15 and math.tointeger(2^53) == 9007199254740992, "libm")
check(os.setlocale("C") == "C" and ("b" > "a") and ("ä"):len() == 2 and utf8.len("äöü€") == 4, "locale, UTF-8")

-- files
local name = os.tmpname()
local f = assert(io.open(name, "w+b"))
for i = 1, 2000 do assert(f:write(i, "\n")) end
check(f:seek("end") == 8893 and f:seek("set", 2) == 2 and f:read("n") == 2, "seek and read a number")
f:setvbuf("full", 4096)
f:seek("set")
local sum = 0
for line in f:lines() do sum = sum + tonumber(line) end
check(sum == 2001000, "lines")
f:close()
check(os.rename(name, name .. ".x") and not io.open(name), "rename")
check(assert(io.open(name .. ".x")):read("a"):len() == 8893, "read all")
check(os.remove(name .. ".x"), "remove")
local nothing, text, code = io.open("/no/such/file")
check(nothing == nil and code == 2 and text:find("No such file"), "errno and its text")
local t = io.tmpfile()
t:write("gone")
check(t:seek("cur") == 4 and t:close(), "tmpfile")

-- processes
local p = assert(io.popen("echo from a child; exit 3"))
check(p:read("a") == "from a child\n", "popen reads")
local _, how, status = p:close()
check(how == "exit" and status == 3, "popen's status")
local ok, kind, signal = os.execute("kill -9 $$")
check(ok == nil and kind == "signal" and signal == 9, "killed by a signal")
check(select(3, os.execute("exit 9")) == 9 and os.execute(), "os.execute")
check(os.getenv("PATH") and not os.getenv("NO_SUCH_NAME"), "environment")

-- time
check(os.time({ year = 2001, month = 9, day = 9, hour = 1, min = 46, sec = 40 }) and os.date("!%Y-%m-%d %H:%M:%S", 1e9 // 1 | 0) ==
    "2001-09-09 01:46:40", "date")
check(os.clock() >= 0 and os.difftime(10, 4) == 6, "clock")

-- the machine itself
local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a) end return "end" end)
check(co(1) == 1 and co(10) == 11 and co(100) == 111 and co(0) == "end", "coroutines")
local function deep(k) if k == 0 then return 0 end return 1 + deep(k - 1) end
check(deep(10000) == 10000, "deep recursion")
local fine, message = pcall(function() local function f() return 1 + f() end return f() end)
check(not fine and message:find("stack overflow"), "stack overflow is an error, no fault")
check(not pcall(string.rep, "x", 1 << 60), "too large a string is an error")
local big = {}
for i = 1, 200000 do big[i] = { i } end
big = nil
collectgarbage()
check(collectgarbage("count") < 20000, "memory is given back to the collector")
local close_order = {}
do
    local a <close> = setmetatable({}, { __close = function() close_order[#close_order + 1] = "a" end })
    local b <close> = setmetatable({}, { __close = function() close_order[#close_order + 1] = "b" end })
end
check(table.concat(close_order) == "ba", "to-be-closed variables")
check(load(string.dump(function(x) return x * 2 end))(21) == 42, "dumped bytecode")
check(("The quick brown fox"):gsub("(%w+) (%w+)", "%2 %1") == "quick The fox brown", "patterns")
check(string.pack("<i4>I2z", -2, 513, "s") == "\xfe\xff\xff\xff\x02\x01s\0", "pack")

-- a module in C, loaded with dlopen()
local counter = require "counter"
local c = counter.new()
check(c:add(5) == 5 and c:add(-2) == 3, "methods of a C object")
local seen = 0
counter.each(1000, function(i) seen = seen + i end)
check(seen == 500500, "calls back into Lua")
fine, message = pcall(counter.fail, "a reason")
check(not fine and message:find("failed with a reason"), "error over C frames")
fine, message = pcall(counter.each, 5, function(i) if i == 3 then error({ at = i }) end end)
check(not fine and message.at == 3, "error through C frames")
check(not pcall(c.add, io.stdout, 1), "another's userdata is refused")
c = nil
collectgarbage()
check(counter.freed() == 1, "__gc in C")
check(not pcall(require, "nosuchmodule"), "a missing module is an error")
local bad = package.loadlib(arg[0], "luaopen_x")
check(bad == nil, "what is no library is not loaded")
print(n .. " checks")
