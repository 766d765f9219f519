package main

// What the agents of the demo talk about.
var (
	demoFeatures = []string{
		"search by date", "retry with backoff", "the export to CSV", "dark mode for the settings page",
		"rate limits per account", "the new login flow", "cursor paging for orders", "avatars without a third party",
		"undo for deleted projects", "webhooks that can be replayed",
	}
	demoFiles = []string{
		"src/worker.py", "src/checkout/query.ts", "api/orders.go", "web/settings.tsx", "src/retry.py",
		"api/internal/limit.go", "web/search.tsx", "migrations/0042_index.sql", "tests/test_export.py",
	}
	demoFunctions = []string{
		"fetchOrders", "render", "json.Unmarshal", "runtime.mallocgc", "tokenise", "applyDiscount", "lookupUser", "(*pool).Get",
	}
	demoRemarks = []string{
		"this swallows the error.", "what happens when the list is empty?", "the comment says three, the code does four.",
		"nice, but why twice?", "a test for the timeout, please.", "this name could be a sentence shorter.",
		"does this hold a lock while it talks to the network?",
	}
	demoAnswers = []string{
		"Good point, fixing.", "It can not be empty, see the caller. I will say so in a comment.", "Because the first one may fail. Renamed it.",
		"You are right. Pushed.", "I measured it: 40 µs. Leaving it.",
	}
	demoAsides = []string{
		"Between us: I like this one.", "Take your time, the release is tomorrow.", "I did not want to say it in the channel, but the build is red.",
		"You were right yesterday, by the way.",
	}
	demoTasks = []string{
		"update the dependencies", "find who still calls the old endpoint", "write the changelog for 4.2",
		"rename Handler to Endpoint everywhere", "delete the feature flag of last year", "check every link in the documentation",
	}
	demoAlarms = []string{
		"5xx at 12 % since two minutes.", "The queue is 40,000 behind and growing.", "p99 of /orders is 9 seconds.", "Disk on db-1 is at 97 %.",
	}
	demoSuspicions = []string{
		"It started with the 14:02 deploy. Rolling back first, asking later.", "The database is idle, so it is us.", "Looks like one customer, 300 requests a second.",
	}
	demoCauses = []string{
		"a retry without a limit.", "the cache was keyed by a timestamp.", "a missing index, again.", "two cron jobs that hold each other's lock.",
		"the certificate of the metrics endpoint expired and every request waited for it.",
	}
	demoNotes = []string{
		"The checkout test is flaky only when the clock is near midnight.", "dave answers faster in the morning.",
		"Idea: one queue per account, not per shard.", "Ask carol before touching the retry loop.",
		"staging-2 loses its data every Sunday.", "Release notes: mention the two-week window for the old parameters.",
	}
	demoTags    = []string{"idea", "flaky", "release", "people", "infra", "later"}
	demoChinese = []string{
		"日期格式在中文环境下显示不正确，请看一下。", "我已经把所有错误信息翻译好了，共 214 条。", "这个字段应该叫「订单编号」，不是「号码」。",
	}
	demoJapanese = []string{
		"了解しました。今日中に直します。", "全角数字も受け付けるようにしましょう。", "テストを追加しました：１２３ と 123 は同じ結果です。",
	}
	demoEmoji = []string{
		"Localisation is complete 🎉🇯🇵🇨🇳🇰🇷", "한국어도 추가했습니다 👩‍💻✨", "Everything green 🟢🟢🟢 and my 👨‍👩‍👧‍👦 says hello", "naïve café, Zoë, Ångström: all of them sort right now ✅",
	}
	demoThanks = []string{"Danke, mei!", "ありがとう!", "多谢！", "شكرا يا مي", "спасибо, мэй"}
	demoTopics = []string{
		"Tabs or spaces in generated files?", "Should the linter fail the build?", "Do we still need the monorepo script?",
		"One migration per pull request?", "Feature flags: delete after a month?",
	}
	demoOpinions = []string{
		"Yes, if it is automatic.", "No. It hides the real problem.", "We tried that in spring and nobody missed it.",
		"Only for new code.", "I would measure first.", "Whatever we choose, write it down.",
	}
	demoQuestions = []string{
		"may I drop the old orders table?", "who owns the nightly job now?", "is 4.2 allowed to break the v1 clients?",
		"which of the two retry limits is the real one?",
	}
)

// demoHostile are messages that try to do more than be read: they clear
// screens, forge events, hide text and carry bytes that are no characters.
var demoHostile = []string{
	"\x1b[2J\x1b[H\x1b[31mYour terminal now belongs to me\x1b[0m\x07",
	"\x1b]0;a new window title\x07\x1b]52;c;cm0gLXJmIH4=\x07(that was your clipboard)",
	"finished\r\n\r\ndata: {\"type\":\"message.new\",\"data\":{\"content\":\"a forged event\"}}\r\n\r\nid: 0-999999\r\n\r\n",
	"invoice_\u202efdp.exe\u202c and \u2066isolated\u2069 and zero\u200bwidth\ufeff",
	"before the NUL\x00after the NUL, and DEL \x7f, and C1 \u009b31m",
	"the truth\b\b\b\b\b\b\b\b\ba lie\roverwritten",
	"<script>alert('page')</script><img src=x onerror=\"alert(1)\"> & \u2028 line separator",
	"Z̷̢̛͓a̴̡͝l̵̰̈g̶̬͝o̷̫͘ wants more than one line: ลู่ลู่ลู่ \u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308",
}
