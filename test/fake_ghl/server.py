#!/usr/bin/python3
"""A stand-in for GoHighLevel's API that enforces its documented contract and can break in every way a server can.

    server.py LEDGER [--port N] [--scale S] [--cert FILE --key FILE [--tls 1.0]] [--no-limit]

Prints "port N" and serves until killed. Every request becomes a line of JSON in LEDGER before it is answered: that file,
and not the database, is the truth about what was received. A token "pit-X" belongs to location X; "oauth-..." tokens come
from POST /oauth/token. Limits are 100 requests in 10/S seconds for each location.

Control (no token): POST /_fault {"path": regex, "text": regex, "kind": ..., "times": n, ...} adds a fault, DELETE /_fault removes all,
GET /_stats counts. Contacts whose id starts with "auto" exist by themselves.

Kinds of fault: status (status, body, headers), delay (seconds), hang, reset (before storing), reset_after (stored, no
answer), half_close (stored, half of an answer), error_after (stored, answered 500), garbage (stored, no JSON), empty
(stored, no messageId), big_body (bytes), big_headers, loris (a byte a second), redirect (to), hide (seconds: stored, but not
shown in the conversation), dead_reuse (closes a connection that is used again, without an answer), chunk_garbage,
gzip_bomb (bytes of zeros, packed, though nobody asked for that).
"""
import argparse
import asyncio
import gzip
import json
import os
import re
import ssl
import sys
import time
import warnings
from collections import deque
from urllib.parse import parse_qs, unquote, urlsplit

MESSAGE_KEYS = set("type subType contactId status message html subject emailFrom emailTo emailCc emailBcc attachments fromNumber toNumber "
                   "scheduledTimestamp templateId threadId replyMessageId appointmentId conversationProviderId customSubtypeId emailReplyMode forward".split())
UPSERT_KEYS = set("locationId firstName lastName name email phone address1 city state postalCode website timezone country companyName source gender "
                  "dateOfBirth assignedTo dnd dndSettings inboundDndSettings tags customFields createNewIfDuplicateAllowed".split())
UPDATE_KEYS = UPSERT_KEYS - {"locationId", "gender", "companyName", "createNewIfDuplicateAllowed"}
TASK_KEYS = {"title", "dueDate", "completed", "body", "assignedTo"}
OPPORTUNITY_KEYS = {"pipelineId", "locationId", "name", "status", "contactId", "pipelineStageId", "monetaryValue", "assignedTo", "customFields"}
VERSIONS = {"2021-04-15", "2021-07-28", "v3"}


class Refused(Exception):
    def __init__(self, status, message, **more):
        self.status, self.body = status, {"statusCode": status, "message": message, **more}


class Ghl:
    def __init__(self, ledger, scale, limited):
        self.ledger = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.scale, self.limited = scale, limited
        self.window = {}
        self.contacts, self.messages, self.tags, self.tasks = {}, {}, {}, {}
        self.faults = []
        self.refresh = {"r0": "oauth"}
        self.tokens = {}
        self.n = 0
        self.counts = {}
        self.connections = 0

    def write(self, entry):
        os.write(self.ledger, (json.dumps(entry) + "\n").encode())

    def next_id(self, kind):
        self.n += 1
        return f"{kind}{os.getpid()}x{self.n}"

    def fault_of(self, path, raw):
        for fault in self.faults:
            if fault.get("times", 1) > 0 and re.search(fault["path"], path) and re.search(fault.get("text", "").encode(), raw):
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return None

    # ---- the contract

    def location(self, headers):
        token = headers.get("authorization", "")
        if not token.startswith("Bearer "):
            raise Refused(401, "Unauthorized", error="Unauthorized")
        token = token[7:]
        if token.startswith("pit-") and not token.startswith("pit-bad"):
            return token[4:]
        if token in self.tokens:
            return self.tokens[token]
        raise Refused(401, "Invalid JWT" if not token.startswith("pit") else "Invalid Private Integration token", error="Unauthorized")

    def version(self, headers, wanted):
        given = headers.get("version")
        if given is None:
            raise Refused(401, "version header was not found.")
        if given not in VERSIONS:
            raise Refused(401, "version header is invalid")
        if given != wanted:
            raise Refused(404, "Cannot find that version")

    def limit(self, location):
        """The headers of the rate limit, and whether it is exceeded."""
        now = time.monotonic()
        window = self.window.setdefault(location, deque())
        while window and window[0] <= now - 10 / self.scale:
            window.popleft()
        over = len(window) >= 100 and self.limited
        if not over:
            window.append(now)
        return over, (f"X-RateLimit-Limit-Daily: 200000\r\nX-RateLimit-Daily-Remaining: 199000\r\nX-RateLimit-Interval-Milliseconds: 10000\r\n"
                      f"X-RateLimit-Max: 100\r\nX-RateLimit-Remaining: {max(0, 100 - len(window)) if self.limited else 100}\r\n")

    def members(self, body, allowed, required):
        if not isinstance(body, dict):
            raise Refused(400, "Bad Request")
        wrong = [f"property {k} should not exist" for k in body if k not in allowed]
        wrong += [f"{k} should not be empty" for k in required if body.get(k) in (None, "", [])]
        if wrong:
            raise Refused(422, wrong, error="Unprocessable Entity")

    def contact(self, location, contact_id):
        contact = self.contacts.get(contact_id)
        if contact is None and contact_id.startswith("auto"):
            contact = self.contacts[contact_id] = {"id": contact_id, "locationId": location}
        if contact is None or contact["locationId"] != location:
            raise Refused(400, f"Contact with id {contact_id} not found")
        return contact

    def send(self, location, body, hidden_until):
        self.members(body, MESSAGE_KEYS, ["type", "contactId"])
        if body["type"] not in ("SMS", "Email"):
            raise Refused(422, ["type must be one of the following values: SMS, Email"])
        contact = self.contact(location, body["contactId"])
        dnd = contact.get("dndSettings", {}).get(body["type"], {}).get("status")
        if contact.get("dnd") or dnd in ("active", "permanent"):
            raise Refused(400, f"Cannot send message as DND is active for {body['type']}.")
        if body["type"] == "SMS" and not body.get("message"):
            raise Refused(422, ["message should not be empty"])
        if body["type"] == "Email" and not (body.get("html") and body.get("subject")):
            raise Refused(422, ["html should not be empty"])
        message = {"id": self.next_id("m"), "direction": "outbound", "source": "api", "messageType": "TYPE_" + body["type"].upper(), "contactId": contact["id"],
                   "conversationId": "conv" + contact["id"], "status": "sent", "body": body.get("message") or body.get("html"),
                   "dateAdded": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z", "hidden": hidden_until}
        self.messages.setdefault(message["conversationId"], []).append(message)
        answer = {"conversationId": message["conversationId"], "messageId": message["id"], "status": "pending", "traceId": "t"}
        return 201, answer, {"message_id": message["id"], "type": body["type"], "contact": contact["id"], "text": message["body"]}

    def upsert(self, location, body):
        self.members(body, UPSERT_KEYS, ["locationId"])
        if not body.get("phone") and not body.get("email"):
            raise Refused(422, ["phone or email is required"])
        for contact in self.contacts.values():
            if contact["locationId"] == location and (body.get("phone") and contact.get("phone") == body.get("phone") or
                                                      body.get("email") and contact.get("email") == body.get("email")):
                if contact.get("strict"):
                    raise Refused(400, "This location does not allow duplicated contacts.", meta={"contactId": contact["id"], "matchingField": "phone"})
                contact.update(body)
                return 200, {"new": False, "contact": contact}, {"contact": contact["id"]}
        contact = {"id": self.next_id("c"), **body}
        self.contacts[contact["id"]] = contact
        if "tags" in body:
            self.tags[contact["id"]] = list(body["tags"])
        return 201, {"new": True, "contact": contact}, {"contact": contact["id"]}

    def token(self, raw, headers):
        if headers.get("content-type", "").split(";")[0] != "application/x-www-form-urlencoded":
            raise Refused(400, "Bad Request")
        form = {k: v[0] for k, v in parse_qs(raw.decode()).items()}
        if form.get("client_secret") != "s3cr3t" or form.get("grant_type") != "refresh_token" or form.get("refresh_token") not in self.refresh:
            raise Refused(400, "invalid_grant", error="invalid_grant")
        location = self.refresh.pop(form["refresh_token"])
        access, again = self.next_id("oauth-a") + "/+\"\\=", self.next_id("r") + "/+"
        self.tokens = {access: location}
        self.refresh[again] = location
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 86399, "refresh_token": again, "scope": "x", "userType": "Location",
                  "locationId": location, "userId": "u"}
        # JSON may write any character as it likes
        return 200, json.dumps(answer).replace("/", "\\/").replace("+", "\\u002B").encode(), {}

    def route(self, method, target, headers, raw, fault):
        """Status, answer and what the ledger should know of a request."""
        parts = urlsplit(target)
        path, query = parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}
        if path == "/oauth/token":
            return self.token(raw, headers) + ("",)
        location = self.location(headers)
        over, limits = self.limit(location)
        if over:
            raise Refused(429, "Too Many Requests", limits=limits, location=location)
        if raw and headers.get("content-type", "").split(";")[0] != "application/json":
            raise Refused(400, "Bad Request")
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            raise Refused(400, "Unexpected token in JSON")
        known = {"location": location}
        if path == "/conversations/messages" and method == "POST":
            self.version(headers, "2021-04-15")
            hidden = time.time() + fault["seconds"] if fault and fault["kind"] == "hide" else 0
            status, answer, more = self.send(location, body, hidden)
            return status, answer, {**known, **more}, limits
        if path == "/conversations/search" and method == "GET":
            self.version(headers, "2021-04-15")
            if not query.get("locationId"):
                raise Refused(422, ["locationId should not be empty"])
            conversation = "conv" + query.get("contactId", "")
            seen = [m for m in self.messages.get(conversation, []) if m["hidden"] <= time.time()]
            return 200, {"conversations": [{"id": conversation}] if seen else [], "total": len(seen[:1])}, known, limits
        found = re.fullmatch(r"/conversations/([A-Za-z0-9]+)/messages", path)
        if found and method == "GET":
            self.version(headers, "2021-04-15")
            shown = [{k: v for k, v in m.items() if k != "hidden"} for m in self.messages.get(found[1], []) if m["hidden"] <= time.time()]
            most = int(query.get("limit", 20))
            return 200, {"messages": {"lastMessageId": shown[-1]["id"] if shown else None, "nextPage": len(shown) > most, "messages": shown[::-1][:most]}}, known, limits
        self.version(headers, "2021-07-28")
        if path == "/contacts/upsert" and method == "POST":
            status, answer, more = self.upsert(location, body)
            return status, answer, {**known, **more}, limits
        if path == "/contacts/search/duplicate" and method == "GET":
            for contact in self.contacts.values():
                if contact["locationId"] == location and (query.get("number") and contact.get("phone") == query["number"] or
                                                          query.get("email") and contact.get("email") == query["email"]):
                    return 200, {"contact": contact, "traceId": "t"}, known, limits
            return 200, {"contact": None, "traceId": "t"}, known, limits
        if path == "/opportunities/" and method == "POST":
            self.members(body, OPPORTUNITY_KEYS, ["pipelineId", "locationId", "name", "status", "contactId"])
            return 201, {"opportunity": {"id": self.next_id("o"), **body}}, known, limits
        found = re.fullmatch(r"/contacts/([A-Za-z0-9_-]+)(/(tasks|notes|tags|workflow/[A-Za-z0-9_-]+))?", path)
        if not found:
            raise Refused(404, f"Cannot {method} {path}")
        contact = self.contact(location, unquote(found[1]))
        known["contact"] = contact["id"]
        what = found[3]
        if what is None and method == "GET":
            return 200, {"contact": contact}, known, limits
        if what is None and method == "PUT":
            self.members(body, UPDATE_KEYS, [])
            contact.update(body)
            return 200, {"succeded": True, "contact": contact}, known, limits
        if what == "tasks" and method == "POST":
            self.members(body, TASK_KEYS, ["title", "dueDate"])
            if not isinstance(body.get("completed"), bool) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", str(body["dueDate"])):
                raise Refused(422, ["dueDate must be a valid ISO 8601 date string"])
            return 201, {"task": {"id": self.next_id("t"), **body, "contactId": contact["id"]}}, {**known, "title": body["title"]}, limits
        if what == "notes" and method == "POST":
            self.members(body, {"body", "userId", "title", "color", "pinned"}, ["body"])
            return 201, {"note": {"id": self.next_id("n"), **body}}, known, limits
        if what == "tags" and method in ("POST", "DELETE"):
            self.members(body, {"tags"}, ["tags"])
            tags = self.tags.setdefault(contact["id"], [])
            tags[:] = [t for t in tags if t not in body["tags"]] + (body["tags"] if method == "POST" else [])
            return (201 if method == "POST" else 200), {"tags": tags}, {**known, "tags": list(tags)}, limits
        if what and what.startswith("workflow/") and method == "POST":
            self.members(body, {"eventStartTime"}, [])
            return 200, {"succeded": True}, {**known, "workflow": what[9:]}, limits
        raise Refused(404, f"Cannot {method} {path}")


class Connection(asyncio.Protocol):
    def __init__(self, ghl):
        self.ghl, self.buffer, self.served = ghl, b"", 0

    def connection_made(self, transport):
        self.transport = transport
        self.ghl.connections += 1

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            length = int(headers.get("content-length", 0))
            if len(self.buffer) < end + 4 + length:
                return
            raw, self.buffer = self.buffer[end + 4:end + 4 + length], self.buffer[end + 4 + length:]
            method, target, _ = lines[0].split(" ", 2)
            self.serve(method, target, headers, raw)

    def reply(self, status, answer, extra=""):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.transport.write(f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    def control(self, method, target, raw):
        ghl = self.ghl
        if target == "/_fault" and method == "POST":
            fault = json.loads(raw)
            ghl.faults.append(fault)
        elif target == "/_fault":
            ghl.faults.clear()
        elif target == "/_contact":
            contact = json.loads(raw)
            ghl.contacts[contact["id"]] = contact
        elif target == "/_forget":
            ghl.contacts.clear()
        elif target == "/_tags":
            return self.reply(200, ghl.tags)
        elif target == "/_grant":
            ghl.refresh.update(json.loads(raw))
        self.reply(200, {"counts": ghl.counts, "connections": ghl.connections, "contacts": len(ghl.contacts)})

    def serve(self, method, target, headers, raw):
        ghl = self.ghl
        if target.startswith("/_"):
            return self.control(method, target, raw)
        self.served += 1
        fault = ghl.fault_of(target, raw)
        kind = fault["kind"] if fault else None
        entry = {"t": time.time(), "method": method, "path": target, "fault": kind}
        if kind in ("reset", "hang", "status", "redirect", "big_body", "big_headers", "loris", "chunk_garbage", "gzip_bomb") or (kind == "dead_reuse" and self.served > 1):
            found = re.search(rb'"message": ?"([^"]*)"', raw)
            ghl.write({**entry, "refused": kind, "asked": found[1].decode() if found else None})
            return self.fail(kind, fault)
        extra = ""
        try:
            status, answer, known, extra = ghl.route(method, target, headers, raw, fault)
            entry.update(known)
        except Refused as refused:
            status, answer = refused.status, refused.body
            extra = answer.pop("limits", "")
            entry["location"] = answer.pop("location", None)
            entry["said"] = answer["message"]
        entry["status"] = status
        ghl.counts[str(status)] = ghl.counts.get(str(status), 0) + 1
        ghl.write(entry)
        if kind == "reset_after" or kind == "hide" and fault.get("lost"):
            self.transport.abort()
        elif kind == "half_close":
            self.transport.write(b"HTTP/1.1 201 X\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"conversa")
            self.transport.close()
        elif kind == "error_after":
            self.reply(fault.get("status", 500), b"<html>Bad gateway</html>")
        elif kind == "garbage":
            self.reply(200, b"{\"messageId\": \xff\xfe nonsense")
        elif kind == "empty":
            self.reply(201, {})
        elif kind == "delay":
            asyncio.get_running_loop().call_later(fault["seconds"], self.late, status, answer, extra)
        else:
            self.reply(status, answer, extra)

    def late(self, status, answer, extra):
        if not self.transport.is_closing():
            self.reply(status, answer, extra)

    def fail(self, kind, fault):
        if kind in ("reset", "dead_reuse"):
            self.transport.abort()
        elif kind == "status":
            extra = "".join(f"{k}: {v}\r\n" for k, v in fault.get("headers", {}).items())
            self.reply(fault["status"], fault.get("body", {"statusCode": fault["status"], "message": "injected"}), extra)
        elif kind == "redirect":
            self.reply(307, {}, f"Location: {fault['to']}\r\n")
        elif kind == "big_headers":
            self.reply(200, {}, "".join(f"X-Big-{i}: {'x' * 1000}\r\n" for i in range(1000)))
        elif kind == "chunk_garbage":
            self.transport.write(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\nno chunk")
            self.transport.close()
        elif kind == "gzip_bomb":
            bomb = gzip.compress(bytes(fault["bytes"]), 9)
            self.transport.write(f"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode() + bomb)
        elif kind == "big_body":
            asyncio.ensure_future(self.pour(fault["bytes"]))
        elif kind == "loris":
            asyncio.ensure_future(self.drip())

    async def pour(self, size):
        self.transport.write(f"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n".encode())
        block = b" " * 65536
        while size > 0 and not self.transport.is_closing():
            self.transport.write(block)
            size -= len(block)
            await asyncio.sleep(0)

    async def drip(self):
        self.transport.write(b"HTTP/1.1 200 X\r\nContent-Length: 10000\r\n\r\n")
        while not self.transport.is_closing():
            self.transport.write(b" ")
            await asyncio.sleep(1)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ledger")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--tls", choices=["1.0"], help="speak this version of TLS only")
    parser.add_argument("--no-limit", action="store_true")
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        if options.tls:
            warnings.simplefilter("ignore", DeprecationWarning)
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    ghl = Ghl(options.ledger, options.scale, not options.no_limit)
    server = await asyncio.get_running_loop().create_server(lambda: Connection(ghl), "127.0.0.1", options.port, ssl=context, backlog=512)
    print("port", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
